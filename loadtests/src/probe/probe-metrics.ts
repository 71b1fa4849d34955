import { once } from "node:events";
import { createServer } from "node:http";
import { Counter, Gauge, Registry } from "prom-client";
import { labelSetsOf } from "../../../monitoring/catalogue/catalogue.ts";
import { PROBE_METRICS } from "../../../monitoring/catalogue/probe-metrics.ts";
import { UsageError } from "../usage-error.ts";

type Name = keyof typeof PROBE_METRICS;
type NameOf<Type extends string> = {
  [Key in Name]: (typeof PROBE_METRICS)[Key]["type"] extends Type ? Key : never;
}[Name];

/** The values of a metric's labels, but for the target, which all of a probe have in common. */
type Labels<Key extends Name> = {
  readonly [Label in Exclude<
    keyof (typeof PROBE_METRICS)[Key]["labels"],
    "target"
  >]: (typeof PROBE_METRICS)[Key]["labels"][Label] extends readonly (infer Value)[] ? Value : string;
};

/** The numbers of a probe, by the names of the catalogue. */
export interface ProbeMetrics {
  add<Key extends NameOf<"counter">>(name: Key, labels: Labels<Key>, times?: number): void;
  set<Key extends NameOf<"gauge">>(name: Key, labels: Labels<Key>, value: number): void;
  readonly contentType: string;
  render(): Promise<string>;
}

/** Every label set is there from the start: what is counted first would else be missed. */
export function createProbeMetrics(target: string): ProbeMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ target });
  const counters = new Map<string, Counter<string>>();
  const gauges = new Map<string, Gauge<string>>();
  for (const [name, metric] of Object.entries(PROBE_METRICS)) {
    const labelNames = Object.keys(metric.labels).filter((label) => label !== "target");
    const options = { name, help: metric.meaning, labelNames, registers: [registry] };
    const sets = labelSetsOf(metric).map(({ target: _common, ...labels }) => labels);
    if (metric.type === "counter") {
      const counter = new Counter(options);
      for (const labels of sets) counter.inc(labels, 0);
      counters.set(name, counter);
    } else {
      const gauge = new Gauge(options);
      for (const labels of sets) gauge.set(labels, 0);
      gauges.set(name, gauge);
    }
  }
  return {
    add: (name, labels, times = 1) => counters.get(name)?.inc(labels as Record<string, string>, times),
    set: (name, labels, value) => gauges.get(name)?.set(labels as Record<string, string>, value),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

export interface ServedMetrics {
  /** `http://127.0.0.1:PORT/metrics` */
  url: string;
  close(): Promise<void>;
}

/** On loopback alone; port 0 takes any that is free. */
export async function serveProbeMetrics(metrics: ProbeMetrics, port: number): Promise<ServedMetrics> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end("Try /metrics\n");
    metrics.render().then(
      (page) => response.writeHead(200, { "content-type": metrics.contentType }).end(page),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const why = code === "EADDRINUSE" ? "is in use, perhaps by another probe" : `cannot be used (${code})`;
    throw new UsageError(`Port ${port} ${why}. Name another, or take any that is free: --port 0`, { cause });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    url: `http://127.0.0.1:${address.port}/metrics`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
