import type { DASHBOARD_UIDS } from "../catalogue/dashboard-uids.ts";

/** page: wakes somebody. ticket: read at work. campaign: told to those who run it. none: the dead-man's switch. */
export type Severity = "page" | "ticket" | "campaign" | "none";

/** A rule that pages, or files a ticket. Durations are in seconds. */
export interface Alert {
  readonly alert: string;
  readonly severity: Severity;
  /** Alertmanager's webhook closes the campaign for it. */
  readonly isHalting?: true;
  /** Where it does so for some values of a label alone. */
  readonly haltsFor?: { readonly label: string; readonly values: readonly string[] };
  /** PromQL; its value is the number that people are told. */
  readonly expr: string;
  readonly forSeconds?: number;
  readonly keepFiringSeconds?: number;
  /** What a person reads who was asleep: one sentence, Prometheus's templates allowed. */
  readonly summary: string;
  /** The sentence in its place for some values of a label. */
  readonly summariesFor?: {
    readonly label: string;
    readonly sentences: Readonly<Record<string, string>>;
  };
  /** More of it, with the number that triggered. */
  readonly description: string;
  readonly dashboard: keyof typeof DASHBOARD_UIDS;
  /** For docs/alerts.md: from when on, in words and with the parameters' numbers. */
  readonly threshold: string;
}

/** A series that rules and panels read, `level:metric:operation`; the level says what is kept apart. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** Rules of one group are evaluated in their order, so an alert sees what was recorded above it in the same moment. */
export interface RuleGroup {
  readonly name: string;
  readonly everySeconds: number;
  readonly recordings: readonly Recording[];
  readonly alerts: readonly Alert[];
}
