/** Where everything listens, on 127.0.0.1. Tests take free ports. */
export const PORTS = {
  service: 3000,
  admin: 3001,
  grafana: 3002,
  prometheus: 9090,
  alertmanager: 9093,
  receiver: 9095,
  probe: 9096,
  gate: 9097,
} as const;
