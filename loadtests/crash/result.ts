import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkHistory } from "../src/checks/check-history.ts";
import type { Event } from "../src/events/event.ts";
import { judgeRun } from "../src/gate.ts";
import type { CheckResult } from "../src/verdict/verdict.ts";
import type { RoundRecord } from "./round.ts";

/** One line of `rounds.ndjson`: a round, judged. */
export interface RoundResult {
  round: number;
  outcome: "pass" | "fail" | "unknown";
  blows: RoundRecord["blows"];
  people: number;
  acknowledged: number;
  indeterminate: number;
  lost: number;
  duplicate: number;
  ghost: number;
  half: number;
  recoverySeconds: number | null;
  /** What is wrong, in sentences. */
  complaints: string[];
  /** The run folder, kept where something is wrong. */
  dir: string | null;
}

/** Whose violations are which column; whatever other invariant fails is a complaint all the same. */
const COLUMNS = {
  lost: ["acks-durable"],
  duplicate: ["ids-unique", "once-per-person"],
  ghost: ["no-ghost-id"],
} as const;

/** Without these a round has shown nothing. */
const NEEDED = ["acks-durable", "ids-unique", "no-ghost-id", "once-per-person", "reads-own", "history"];

/** Of halves: their number stands in the table. */
const TOLD_MAX = 3;

/** All checks on the run folder, and what was seen beside it. Sends nothing, needs no service. */
export async function judgeRound(record: RoundRecord): Promise<RoundResult> {
  const { round, dir, blows, halves, recoverySeconds } = record;
  const { checks } = await checkHistory(dir);
  const failed = checks.filter(
    (check) => check.judged && check.kind === "invariant" && check.outcome === "fail",
  );
  const unknown = checks.filter(
    (check) => NEEDED.includes(check.name) && check.judged && check.outcome === "unknown",
  );
  const violations = (names: readonly string[]) =>
    failed.filter(({ name }) => names.includes(name)).reduce((sum, check) => sum + countOf(check), 0);
  const complaints = [
    ...record.complaints,
    ...halves.slice(0, TOLD_MAX).map((half) => `half member ${half}`),
    ...[...failed, ...unknown].map(({ name, summary }) => `${name}: ${summary}`),
  ];
  const isFailed = failed.length + halves.length + record.complaints.length > 0;
  const outcome = isFailed ? "fail" : unknown.length > 0 ? "unknown" : "pass";
  const counts = await countSignups(dir);
  if (outcome === "pass") await rm(dir, { recursive: true, force: true });
  // With its report, for whoever has to find out why.
  else await judgeRun(dir);
  return {
    round,
    outcome,
    blows,
    ...counts,
    lost: violations(COLUMNS.lost),
    duplicate: violations(COLUMNS.duplicate),
    ghost: violations(COLUMNS.ghost),
    half: halves.length,
    recoverySeconds,
    complaints,
    dir: outcome === "pass" ? null : dir,
  };
}

/** The summary of a failed check begins with the whole number of its violations; the evidence is cut. */
function countOf({ summary, evidence }: CheckResult): number {
  const told = /^([\d,]+) /.exec(summary)?.[1]?.replaceAll(",", "");
  return told === undefined ? evidence.length : Number(told);
}

async function countSignups(dir: string) {
  const people = {
    all: new Set<number>(),
    acknowledged: new Set<number>(),
    indeterminate: new Set<number>(),
  };
  for (const line of (await readFile(join(dir, "events.ndjson"), "utf8")).split("\n")) {
    if (line === "") continue;
    const event = JSON.parse(line) as Event;
    if (event.type !== "request" || event.control !== null) continue;
    if (event.role !== "sign-up" && event.role !== "come-back") continue;
    people.all.add(event.visitor);
    if (event.class === "acknowledged") people.acknowledged.add(event.visitor);
    if (event.class === "indeterminate") people.indeterminate.add(event.visitor);
  }
  return {
    people: people.all.size,
    acknowledged: people.acknowledged.size,
    indeterminate: people.indeterminate.size,
  };
}
