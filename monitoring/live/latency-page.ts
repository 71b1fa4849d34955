import { ARRIVES, LANES, type Lane, type LaneName } from "./lanes.ts";

/** What was measured of each lane. */
export type Measured = Readonly<Partial<Record<LaneName, Trials>>>;

export interface Trials {
  /** Of `buildId`: all of one build. */
  readonly build: string;
  /** When, on what machine, by which versions. */
  readonly circumstances: string;
  /** In any order. */
  readonly seconds: readonly number[];
}

/** docs/alert-latency.md. A lane that was not measured, not often enough, or on another build, says so. */
export function latencyPage(measured: Measured, build: string): string {
  return `# From a fault's first effect to somebody who knows

Made by \`npm run bench-alerts\`. Each way is measured with the others switched off. Seconds on the wall clock of one
machine, from just before the request that is about to get somebody else's data. Build ${build}: a row with * was measured on an
earlier one.

| lane | n | p50 | p95 | p99 | max | nobody heard | promised | held |
|---|---|---|---|---|---|---|---|---|
${LANES.map((lane) => rowOf(lane, measured[lane.name], build)).join("\n")}

${LANES.map((lane) => described(lane, measured[lane.name])).join("\n")}

A trial in which nobody heard anything counts as ${ARRIVES.secondsMax} s, and breaks the promise whatever the others took. The 99th percentile of fewer than 100 values is their maximum.
`;
}

function described({ name, what, without }: Lane, trials: Trials | undefined): string {
  const measured = trials === undefined ? "" : ` ${trials.circumstances}.`;
  return `- **${name}**: ${what}. Switched off: ${without}.${measured}`;
}

function rowOf(lane: Lane, trials: Trials | undefined, build: string): string {
  const { name, limit, times } = lane;
  const promised = `${OF[limit.of]} ≤ ${limit.seconds} s`;
  if (trials === undefined || trials.seconds.length === 0)
    return `| ${name} | 0 of ${times} | – | – | – | – | – | ${promised} | not measured |`;
  const { seconds } = trials;
  const n = seconds.length < times ? `${seconds.length} of ${times}` : String(seconds.length);
  const lost = seconds.filter((each) => each >= ARRIVES.secondsMax).length;
  const values = [0.5, 0.95, 0.99, 1].map((of) => shown(quantile(seconds, of)));
  return `| ${name}${trials.build === build ? "" : " *"} | ${n} | ${values.join(" | ")} | ${lost === 0 ? 0 : `**${lost}**`} | ${promised} | ${heldIn(lane, seconds)} |`;
}

/** A few that were quick promise nothing; a few that were not are enough for a no. */
function heldIn({ limit, times }: Lane, seconds: readonly number[]): string {
  if (!isHeld(seconds, limit)) return "**no**";
  return seconds.length < times ? "unknown: too few" : "yes";
}

/** That nobody heard anything is no quantile: once is too often. */
export function isHeld(seconds: readonly number[], { of, seconds: limit }: Lane["limit"]): boolean {
  return Math.max(...seconds) < ARRIVES.secondsMax && quantile(seconds, of) <= limit;
}

const OF: Readonly<Record<Lane["limit"]["of"], string>> = { 0.95: "p95", 0.99: "p99", 1: "max" };

/** Nearest rank: a value that was really measured. */
export function quantile(values: readonly number[], of: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(of * sorted.length) - 1)] ?? Number.NaN;
}

function shown(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(2)} s`;
}
