import { ARRIVES, LANES, type Lane, type LaneName } from "./lanes.ts";

/** What was measured of each lane: seconds, in any order. */
export type Measured = Partial<Record<LaneName, readonly number[]>>;

export interface Circumstances {
  /** When, on what machine, by which versions. */
  readonly sentence: string;
}

/** docs/alert-latency.md. A lane that was not measured, or not often enough, says so. */
export function latencyPage(measured: Measured, { sentence }: Circumstances): string {
  return `# From a fault's first effect to somebody who knows

Made by \`npm run bench-alerts\`; ${sentence}. Each way is measured with the others switched off. Seconds on the wall clock of one
machine, from just before the request that is about to get somebody else's data.

| lane | n | p50 | p95 | p99 | max | nobody heard | promised | held |
|---|---|---|---|---|---|---|---|---|
${LANES.map((lane) => rowOf(lane, measured[lane.name] ?? [])).join("\n")}

${LANES.map(({ name, what, without }) => `- **${name}**: ${what}. Switched off: ${without}.`).join("\n")}

A trial in which nobody heard anything counts as ${ARRIVES.secondsMax} s, and breaks the promise whatever the others took. The 99th percentile of fewer than 100 values is their maximum.
`;
}

function rowOf({ name, limit, times }: Lane, seconds: readonly number[]): string {
  const promised = `${OF[limit.of]} ≤ ${limit.seconds} s`;
  if (seconds.length === 0)
    return `| ${name} | 0 of ${times} | – | – | – | – | – | ${promised} | not measured |`;
  const n = seconds.length < times ? `${seconds.length} of ${times}` : String(seconds.length);
  const lost = seconds.filter((each) => each >= ARRIVES.secondsMax).length;
  const values = [0.5, 0.95, 0.99, 1].map((of) => shown(quantile(seconds, of)));
  const held = isHeld(seconds, limit) ? "yes" : "**no**";
  return `| ${name} | ${n} | ${values.join(" | ")} | ${lost === 0 ? 0 : `**${lost}**`} | ${promised} | ${held} |`;
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
