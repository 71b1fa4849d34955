import type { LabelsOf, MetricName } from "../catalogue/catalogue.ts";

/** One story told to a rule: what was scraped, and at which moments somebody is told. */
export interface RuleTest {
  /** A sentence. */
  readonly name: string;
  /** What the story is a proof of; every alert needs each of them, or a reason why it has none. */
  readonly proves: readonly Proof[];
  /** Between two scrapes, and between two evaluations; the default is 5. */
  readonly everySeconds?: number;
  readonly given: readonly Series[];
  readonly expect: readonly Moment[];
}

export const PROOFS = [
  "not yet",
  "now",
  "over",
  "series absent",
  "reset",
  "first sample",
  "late scrape",
  "several instances",
] as const;
export type Proof = (typeof PROOFS)[number];

/** All stories of one alert. */
export interface AlertTests {
  readonly alert: string;
  readonly tests: readonly RuleTest[];
  /** Why there is no story of that sort. */
  readonly without?: Readonly<Partial<Record<Proof, string>>>;
}

export interface Moment {
  readonly atSeconds: number;
  /** Everything that fires then under the alert's name; empty is silence. */
  readonly fires: readonly Firing[];
}

export interface Firing {
  /** Besides those of the rule itself. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * What stands for the annotations' templates, in their order; labels stand for themselves. Null, for all that fire at a
   * moment: not asked, where the number depends on whether a window holds its first moment (until Prometheus 2) or not.
   */
  readonly says: readonly string[] | null;
}

export interface Series {
  readonly series: string;
  readonly shape: readonly Segment[];
}

/** `value`: held. `perSecond`: climbing from the last value. `gone`: no scrape; `stale`: one that failed. */
export type Segment =
  | { readonly seconds: number; readonly value: number }
  | { readonly seconds: number; readonly perSecond: number }
  | { readonly seconds: number; readonly gone: true }
  | { readonly seconds: number; readonly stale: true };

export const hold = (value: number, seconds: number): Segment => ({ value, seconds });
export const climb = (perSecond: number, seconds: number): Segment => ({ perSecond, seconds });
/** Scrapes that come late: nothing is known meanwhile, and the last value is believed for five minutes. */
export const late = (seconds: number): Segment => ({ gone: true, seconds });
/** Scrapes that fail: the series ends at once, and may come back. */
export const failed = (seconds: number): Segment => ({ stale: true, seconds });

export const silentAt = (...seconds: number[]): Moment[] =>
  seconds.map((atSeconds) => ({ atSeconds, fires: [] }));
export const firesAt = (atSeconds: number, ...fires: Firing[]): Moment => ({ atSeconds, fires });
export const saying = (says: string, labels: Record<string, string> = {}): Firing => ({
  labels,
  says: [says],
});
export const sayingSomething = (labels: Record<string, string> = {}): Firing => ({ labels, says: null });

/** A series of the catalogue; labels that the target carries (instance, run) may be added. */
export function metric<Name extends MetricName>(
  name: Name,
  labels: Partial<LabelsOf<Name>> & Record<string, string | undefined>,
  ...shape: Segment[]
): Series {
  return { series: seriesName(name, labels), shape };
}

/** A series of a histogram, or of a program that is not ours. */
export function series(name: string, labels: Record<string, string>, ...shape: Segment[]): Series {
  return { series: seriesName(name, labels), shape };
}

export function seriesName(name: string, labels: Readonly<Record<string, string | undefined>>): string {
  const all = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${all.join(",")}}`;
}
