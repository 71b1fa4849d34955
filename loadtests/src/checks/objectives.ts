import { counted } from "../counted.ts";
import type { Percentiles } from "../plan/plan.ts";
import type { CheckResult, Evidence } from "../verdict/verdict.ts";
import type { OBJECTIVES } from "./check-names.ts";
import type { HistoryDatabase } from "./history-database.ts";
import { crashed } from "./run-check.ts";
import { findStatement, type Mark, readStatements, type Statement } from "./sql-file.ts";

/** What the plan asks for, and only that. */
export async function checkObjectives(history: HistoryDatabase): Promise<CheckResult[]> {
  const { objectives } = history.plan;
  const { membersWithin, firstStepSeconds, laterStepSeconds, errorRatioMax } = objectives;
  const statements = await readStatements("objectives");
  const wanted: [Objective, () => Promise<Judged>][] = [];
  if (membersWithin) wanted.push(["members-within", () => judgeMembers(history, statements, membersWithin)]);
  if (firstStepSeconds) {
    wanted.push([
      "first-step-latency",
      () => judgeLatency(history, statements, { mark: "first", limits: firstStepSeconds }),
    ]);
  }
  if (laterStepSeconds) {
    wanted.push([
      "later-step-latency",
      () => judgeLatency(history, statements, { mark: "later", limits: laterStepSeconds }),
    ]);
  }
  if (errorRatioMax !== undefined)
    wanted.push(["error-ratio", () => judgeErrors(history, statements, errorRatioMax)]);
  const { bounds = {} } = history.plan.target.telemetry;
  if (Object.keys(bounds).length > 0) wanted.push(["bounds", () => judgeBounds(history, statements, bounds)]);
  const results: CheckResult[] = [];
  const prepared = wanted.length === 0 ? null : await prepareAll(history, statements);
  for (const [name, judge] of wanted) results.push(await judged(history, { name, judge, prepared }));
  return results;
}

type Objective = (typeof OBJECTIVES)[number];

interface Judged {
  observed: number;
  isMet: boolean;
  summary: string;
  evidence: Evidence[];
}

async function prepareAll(history: HistoryDatabase, statements: Statement[]): Promise<unknown> {
  try {
    for (const { mark, sql } of statements) if (mark === "prepare") await history.run(sql);
    return null;
  } catch (error) {
    return error;
  }
}

async function judged(
  history: HistoryDatabase,
  { name, judge, prepared }: { name: string; judge: () => Promise<Judged>; prepared: unknown },
): Promise<CheckResult> {
  const rule = { name, kind: "objective" } as const;
  if (history.loadError !== null) return crashed(rule, new Error("the history cannot be read"));
  if (prepared !== null) return crashed(rule, prepared);
  try {
    const { isMet, observed, summary, evidence } = await judge();
    const outcome = observed === 0 ? "unknown" : isMet ? "pass" : "fail";
    return {
      ...rule,
      observed,
      summary: observed === 0 ? (NOTHING_SEEN[name] ?? "nothing after the warm-up to judge") : summary,
      evidence,
      judged: true,
      outcome,
    };
  } catch (error) {
    return crashed(rule, error);
  }
}

const NOTHING_SEEN: Readonly<Record<string, string>> = {
  bounds: "the series that have a bound were not all read",
};

async function only<Row extends Record<string, unknown>>(
  history: HistoryDatabase,
  statements: Statement[],
  { mark, replace = {} }: { mark: Mark; replace?: Record<string, number> },
): Promise<Row> {
  let sql = findStatement(statements, mark) ?? "";
  for (const [name, value] of Object.entries(replace)) sql = sql.replaceAll(`$${name}`, String(value));
  const [row] = await history.rows<Row>(sql);
  if (!row) throw new Error(`objectives.sql: ${mark} gave no row`);
  return row;
}

interface Members extends Record<string, unknown> {
  observed: number;
  hits: number;
  waited: number;
  toldSeconds: number | null;
  waitedSeconds: number | null;
}

async function judgeMembers(
  history: HistoryDatabase,
  statements: Statement[],
  { seconds, shareMin }: { seconds: number; shareMin: number },
): Promise<Judged> {
  const replace = { membersWithinMicroseconds: Math.round(seconds * 1e6) };
  const row = await only<Members>(history, statements, { mark: "members", replace });
  const { observed, hits, waited, toldSeconds, waitedSeconds } = row;
  const share = observed === 0 ? 0 : hits / observed;
  const told =
    waited === 0
      ? ""
      : `; told to wait ${inSeconds(toldSeconds)} at the median, let in after ${inSeconds(waitedSeconds)}`;
  return {
    observed,
    isMet: share >= shareMin,
    summary:
      `${percent(share)} of ${counted(observed, "due {person was a member|people were members}")} within ${seconds} s ` +
      `(at least ${percent(shareMin)})${told}`,
    evidence: [{ due: observed, membersInTime: hits, missed: observed - hits, waited }],
  };
}

const NAMES = ["p50", "p95", "p99"] as const;

async function judgeLatency(
  history: HistoryDatabase,
  statements: Statement[],
  { mark, limits }: { mark: "first" | "later"; limits: Percentiles },
): Promise<Judged> {
  const { observed, percentiles } = await only<{ observed: number; percentiles: number[] }>(
    history,
    statements,
    { mark },
  );
  const rows = NAMES.map((name, index) => ({
    name,
    seconds: percentiles[index] ?? null,
    limit: limits[name] ?? null,
  }));
  const asked = rows.filter(({ limit }) => limit !== null);
  return {
    observed,
    isMet: asked.every(({ seconds, limit }) => seconds !== null && seconds <= (limit ?? 0)),
    summary: asked
      .map(({ name, seconds, limit }) => `${name} ${inSeconds(seconds)} (at most ${inSeconds(limit)})`)
      .join(", "),
    evidence: rows.map(({ name, seconds, limit }) => ({
      percentile: name,
      // JSON has no infinity: an answer that was lost has no time.
      seconds: seconds !== null && Number.isFinite(seconds) ? seconds : null,
      limitSeconds: limit,
    })),
  };
}

async function judgeErrors(history: HistoryDatabase, statements: Statement[], max: number): Promise<Judged> {
  const { observed, errors } = await only<{ observed: number; errors: number }>(history, statements, {
    mark: "errors",
  });
  const ratio = observed === 0 ? 0 : errors / observed;
  return {
    observed,
    isMet: ratio <= max,
    summary: `${errors.toLocaleString("en")} of ${counted(observed, "{request was|requests were} lost or failed")}, ${percent(ratio)} (at most ${percent(max)})`,
    evidence: [{ requests: observed, errors }],
  };
}

/** A series that could not be read is not within its bound: without all of them there is nothing to say. */
async function judgeBounds(
  history: HistoryDatabase,
  statements: Statement[],
  bounds: Record<string, number>,
): Promise<Judged> {
  const seen = await history.rows<{ series: string; value: number }>(
    findStatement(statements, "bounds") ?? "",
  );
  const told = new Map(seen.map(({ series, value }) => [series, value]));
  const evidence = Object.entries(bounds).map(([series, most]) => ({
    series,
    value: told.get(series) ?? null,
    most,
  }));
  const isAllSeen = evidence.every(({ value }) => value !== null);
  const passed = evidence.filter(({ value, most }) => value !== null && value > most);
  return {
    observed: passed.length > 0 || isAllSeen ? seen.length : 0,
    isMet: passed.length === 0,
    summary:
      `${passed.length.toLocaleString("en")} of ${counted(evidence.length, "{bound was|bounds were} passed")}` +
      passed.map(({ series, value, most }) => `; ${series} said ${value} (at most ${most})`).join(""),
    evidence: [...passed, ...evidence.filter((row) => !passed.includes(row))],
  };
}

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;

function inSeconds(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "never";
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${Math.round(seconds * 100) / 100} s`;
}
