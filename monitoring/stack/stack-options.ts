import type { Parameters } from "./configuration.ts";

export interface StackOptions {
  /** Where `/metrics`, `/metrics/anomalies` and `/alerts` are; absent: no service of ours is watched. */
  readonly serviceAdminUrl?: string | undefined;
  /**
   * For a service that pushes to this Alertmanager, with links to this receiver's runbooks: called when both are there, and
   * before Prometheus misses the service.
   */
  readonly startService?:
    | ((alertmanagerUrl: string | null, receiverUrl: string) => Promise<WatchedService>)
    | undefined;
  readonly probeUrl?: string | undefined;
  readonly gateUrl?: string | undefined;
  /** `quick` for tests: waits of seconds instead of minutes. */
  readonly parameters: Parameters;
  /** Becomes the label `run` of every alert that Prometheus sends. */
  readonly runLabel?: string | undefined;
  /** The service's ALERTS_TOKEN_FILE; absent: alerts close nothing, and the receiver says so. */
  readonly haltTokenFile?: string | undefined;
  /** Rules of a test's own instead of the committed ones. */
  readonly rulesFile?: string | undefined;
  /** Absent or 0: any that is free. */
  readonly ports?: Partial<Record<"prometheus" | "alertmanager" | "receiver", number>> | undefined;
  /** Arguments of the receiver, such as `--on-silence=COMMAND`. */
  readonly receiverArguments?: readonly string[] | undefined;
  /** Where the rules' links to dashboards lead; absent: to where they lead as committed. */
  readonly grafanaUrl?: string | undefined;
  /** Instead of what is installed. */
  readonly programs?: Partial<Record<"prometheus" | "alertmanager", string>> | undefined;
  /** Aborted: what was started is stopped, and the start rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The service that is watched, and the token by which an alert may close its campaign. */
export type WatchedService = Pick<StackOptions, "serviceAdminUrl" | "haltTokenFile">;
