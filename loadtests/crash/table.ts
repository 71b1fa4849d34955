import type { RoundResult } from "./result.ts";

export interface KindDescription {
  name: string;
  words: string;
}

const SUMS = ["acknowledged", "indeterminate", "lost", "duplicate", "ghost", "half"] as const;
type Sums = Record<(typeof SUMS)[number], number>;

/** Per kind of event; a round with several kinds counts for each of them, and once in the total. */
export function crashTable(results: readonly RoundResult[], kinds: readonly KindDescription[]): string {
  const rows = kinds.map(({ name, words }) => {
    const hit = results.filter(({ blows }) => blows.some((blow) => blow.kind === name && blow.events > 0));
    return [`${name}: ${words}`, ...numbersOf(hit, (blow) => blow.kind === name)];
  });
  const total = ["**all**", ...numbersOf(results, () => true)];
  return table(["what happened", "rounds", "events", ...SUMS], [...rows, total]);
}

function numbersOf(
  results: readonly RoundResult[],
  isCounted: (blow: RoundResult["blows"][number]) => boolean,
): string[] {
  const events = results
    .flatMap(({ blows }) => blows.filter(isCounted))
    .reduce((sum, blow) => sum + blow.events, 0);
  const sums = sumOf(results);
  return [results.length, events, ...SUMS.map((name) => sums[name])].map((count) =>
    count.toLocaleString("en"),
  );
}

function sumOf(results: readonly RoundResult[]): Sums {
  const sums = { acknowledged: 0, indeterminate: 0, lost: 0, duplicate: 0, ghost: 0, half: 0 };
  for (const result of results) for (const name of SUMS) sums[name] += result[name];
  return sums;
}

/** What the table does not hold. */
export function crashSentences(results: readonly RoundResult[]): string[] {
  const people = results.reduce((sum, result) => sum + result.people, 0);
  const passed = results.filter(({ outcome }) => outcome === "pass").length;
  const recoveries = results.flatMap(({ recoverySeconds }) => recoverySeconds ?? []).sort((a, b) => a - b);
  const atShare = (share: number) =>
    (recoveries[Math.min(recoveries.length - 1, Math.floor(recoveries.length * share))] ?? 0).toFixed(1);
  return [
    `${passed} of ${results.length} rounds passed every check; ${people.toLocaleString("en")} people signed up.`,
    `After the last of them had left, everything served again within ${atShare(0.5)} s at p50, ${atShare(0.99)} s at p99, ${atShare(1)} s at most.`,
  ];
}

export interface CrashPage {
  results: readonly RoundResult[];
  kinds: readonly KindDescription[];
  seed: number;
  fault: string | undefined;
  /** Kind and reason. */
  notRun: readonly string[];
  command: string;
  /** ISO, to the minute. */
  date: string;
  machine: string;
}

/** `docs/crash.md`. */
export function crashPage({ results, kinds, seed, fault, notRun, ...page }: CrashPage): string {
  return [
    "# Crashes, for real",
    "",
    `Written by \`${page.command}\` on ${page.date}, on ${page.machine}${fault === undefined ? "" : `, with the fault \`${fault}\` switched on`}.`,
    "",
    "Each round is a campaign of two seconds (`loadtests/crash/campaign.yaml`, with double-taps and retries) against the",
    "reference service with two workers and a real PostgreSQL, while one to three of the things below happen at moments drawn",
    "from the seed. Then everything is made to serve again, every row is read, and all checks judge the round. **lost**: an",
    "acknowledged member who is not there; **duplicate**: one person or key with two members, or one ID for two; **ghost**: an ID",
    "without a member; **half**: a member without the session or the mail that their own commit wrote. Indeterminate are those",
    "who were told nothing, or that nobody knows: either state of the database is right for them.",
    "",
    crashTable(results, kinds),
    "",
    "A round in which several kinds happened stands in the row of each, and once in the last.",
    ...crashSentences(results),
    ...notRun.map((words) => `Not run: ${words}.`),
    "",
    `Seed ${seed}. One round again: \`npm run crash -- --round K --seed ${seed}\`.`,
    ...results.filter(({ outcome }) => outcome !== "pass").flatMap(storyOf),
    "",
    "## What it leaves out",
    "",
    "A process that is killed leaves the operating system's memory as it was: a loss of power is not among these. The checks",
    "`refusals-honest` (who was stopped answers late) and the comparison of counters (who was killed has lost them) are not",
    "judged here; `npm run gate` judges both. The clock that is stepped is the service's, not the database's.",
    "",
  ].join("\n");
}

function storyOf({ round, outcome, complaints }: RoundResult): string[] {
  return ["", `**Round ${round}: ${outcome}**: ${complaints.join("; ")}`];
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const lines = [head, head.map((_cell, at) => (at === 0 ? "---" : "---:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
