import { cpus, platform, release, totalmem } from "node:os";
import type { AlertSeen, CheckResult, Exposure, RunFacts } from "../verdict/verdict.ts";
import { crowdproofVersion } from "../version.ts";
import { WAIVABLE_CHECKS } from "./check-names.ts";
import { ALERT_CHECKS, CHECKS, type CheckRule } from "./check-table.ts";
import { checkControl } from "./control.ts";
import { type HistoryDatabase, openHistory } from "./history-database.ts";
import type { JudgedHistory } from "./judged-history.ts";
import { checkObjectives } from "./objectives.ts";
import { crashed, runCheck } from "./run-check.ts";
import { findStatement, readStatements } from "./sql-file.ts";
import { createIdJudge } from "./well-formed-id.ts";

export type { JudgedHistory } from "./judged-history.ts";

/** The earliest thousand name everybody an incident report needs first; the total is exact. */
const EXPOSURES_MAX = 1000;
/** One for each set of labels: thousands would be a fault of the rules, and the first of them say so. */
const ALERTS_MAX = 200;

/**
 * Judges a run folder: every check of the table on plan.json and events.ndjson, sending nothing. UsageError where
 * the folder holds no run; whatever is wrong with the history itself is an outcome.
 */
export async function checkHistory(dir: string): Promise<JudgedHistory> {
  const history = await openHistory(dir);
  try {
    const broken: Broken[] = [];
    /** What is read beside the checks: where that fails, the check that speaks of it is unknown. */
    const attempt = async <Value>(check: string, fallback: Value, read: () => Promise<Value>) => {
      try {
        return await read();
      } catch (error) {
        broken.push({ check, error });
        return fallback;
      }
    };
    if (!(await attempt("claim", false, () => prepare(history, "overlap")))) await history.run(NO_OVERLAP);
    const found: CheckResult[] = [];
    for (const rule of CHECKS) found.push(waived(history, rule) ?? (await checkOne(history, rule)));
    found.push(await checkControl(history), ...(await checkObjectives(history)));
    if (history.plan.alerts)
      for (const rule of alertChecks(history)) found.push(await checkOne(history, rule));
    const alerts = await attempt("unexpected-pages", [], () => readAlerts(history));
    const shown = await attempt("reads-own", NO_EXPOSURES, () => readExposures(history));
    const facts = await attempt("history", NO_FACTS, () => readFacts(history));
    const checks = found.map((check) => brokenBy(broken, check));
    return {
      checks,
      ...shown,
      alerts,
      bypassed: history.plan.target.bypassed,
      ...describeRun(history, facts, checks),
    };
  } finally {
    await history.close();
  }
}

interface Broken {
  check: string;
  error: unknown;
}

/** A violation that the check has found stands. */
function brokenBy(broken: readonly Broken[], check: CheckResult): CheckResult {
  const found = broken.find(({ check: name }) => name === check.name);
  if (found === undefined || (check.judged && check.outcome === "fail")) return check;
  return crashed(check, found.error);
}

async function checkOne(history: HistoryDatabase, rule: CheckRule): Promise<CheckResult> {
  if (history.loadError !== null)
    return crashed(rule, new Error(`the history cannot be read: ${history.loadError}`));
  try {
    if (rule.name === "ids-well-formed") await markMalformedIds(history);
  } catch (error) {
    return crashed(rule, error);
  }
  return await runCheck(history, rule);
}

/** Where nothing is demanded, nothing can be missing. */
function alertChecks({ plan }: HistoryDatabase): CheckRule[] {
  return ALERT_CHECKS.filter(({ name }) => name !== "expected-alerts" || plan.alerts?.expected.length !== 0);
}

async function readAlerts(history: HistoryDatabase): Promise<AlertSeen[]> {
  return await history.rows<AlertSeen & Record<string, unknown>>(
    `select alert, severity, labels, alert in (select alert from expectedAlerts where isDemanded) as isExpected,
      isInhibited, pendingMicroseconds, firedMicroseconds, resolvedMicroseconds, notifiedMicroseconds
    from alerts order by firedMicroseconds, alert, labels limit ${ALERTS_MAX}`,
  );
}

/** The target file may say of some invariants that they cannot be judged; never of those that a pass rests on. */
function waived({ plan }: HistoryDatabase, { name, kind }: CheckRule): CheckResult | null {
  const reason = plan.target.notJudged[name];
  if (reason === undefined || !WAIVABLE_CHECKS.includes(name)) return null;
  return { name, kind, observed: 0, summary: reason, evidence: [], judged: false, reason };
}

/** JavaScript's patterns and check characters, over each ID once. */
async function markMalformedIds(history: HistoryDatabase): Promise<void> {
  const judge = createIdJudge(history.plan.target.memberId);
  const candidates = findStatement(await readStatements("ids-well-formed"), "candidates");
  await history.run("create or replace temp table malformed (memberId varchar, problem varchar)");
  if (candidates === null) return;
  const found: { memberId: string; problem: string }[] = [];
  for await (const rows of history.stream(candidates)) {
    for (const { memberId } of rows) {
      const problem = judge(String(memberId));
      if (problem !== null) found.push({ memberId: String(memberId), problem });
    }
  }
  const PER_INSERT_MAX = 1000;
  for (let at = 0; at < found.length; at += PER_INSERT_MAX) {
    const rows = found.slice(at, at + PER_INSERT_MAX);
    const places = rows.map((_, row) => `($${2 * row + 1}, $${2 * row + 2})`);
    // Never as literals: an ID may hold whatever a target sends, a zero byte too.
    const values = rows.flatMap(({ memberId, problem }) => [memberId, problem]);
    await history.run(`insert into malformed values ${places.join(", ")}`, values);
  }
}

async function prepare(history: HistoryDatabase, name: string): Promise<true> {
  for (const { mark, sql } of await readStatements(name)) if (mark === "prepare") await history.run(sql);
  return true;
}

/** So that the rest of what is known of the run can be told. */
const NO_OVERLAP =
  "create or replace temp table overlap (scope varchar, step varchar, visitors bigint, overlapped bigint)";

type Shown = Pick<JudgedHistory, "exposures" | "exposuresTotal">;
const NO_EXPOSURES: Shown = { exposures: [], exposuresTotal: 0 };

async function readExposures(history: HistoryDatabase): Promise<Shown> {
  await prepare(history, "exposures");
  const [{ total } = { total: 0 }] = await history.rows<{ total: number }>(
    "select count(*) as total from exposures",
  );
  const exposures = await history.rows<Exposure & Record<string, unknown>>(
    `select * from exposures order by firstSeenMicroseconds, viewer, victim, step, place limit ${EXPOSURES_MAX}`,
  );
  return { exposures, exposuresTotal: total };
}

interface Facts extends Record<string, unknown> {
  visitorsPlanned: number;
  visitorsStarted: number;
  requests: number;
  answersWithOwnData: number;
  signupsAcknowledged: number;
  overlapRatio: number | null;
  bursts: number;
  burstVisitorsMax: number;
  engine: string | null;
  engineVersion: string | null;
  startedAt: string | null;
  stopped: string | null;
  seconds: number;
}

const NO_FACTS: Facts = {
  visitorsPlanned: 0,
  visitorsStarted: 0,
  requests: 0,
  answersWithOwnData: 0,
  signupsAcknowledged: 0,
  overlapRatio: null,
  bursts: 0,
  burstVisitorsMax: 0,
  engine: null,
  engineVersion: null,
  startedAt: null,
  stopped: null,
  seconds: 0,
};

async function readFacts(history: HistoryDatabase): Promise<Facts> {
  const [facts] = await history.rows<Facts>(findStatement(await readStatements("facts"), "facts") ?? "");
  if (!facts) throw new Error("facts.sql gave no row");
  return facts;
}

function describeRun(
  { plan }: HistoryDatabase,
  facts: Facts,
  checks: CheckResult[],
): Pick<JudgedHistory, "strength" | "run"> {
  const claim = checks.find(({ name }) => name === "claim");
  const { answersWithOwnData, signupsAcknowledged, overlapRatio, bursts, burstVisitorsMax } = facts;
  return {
    strength: {
      answersWithOwnData,
      signupsAcknowledged,
      overlapRatio,
      bursts,
      burstVisitorsMax,
      claim: plan.claim,
      isClaimEarned: claim?.judged === true && claim.outcome === "pass",
    },
    run: {
      runId: plan.runId,
      seed: plan.seed,
      scale: plan.scale,
      campaign: plan.campaign,
      target: plan.target.name,
      engine: facts.engine ?? "unknown",
      engineVersion: facts.engineVersion ?? "unknown",
      startedAt: facts.startedAt ?? "unknown",
      seconds: facts.seconds,
      visitorsPlanned: facts.visitorsPlanned,
      visitorsStarted: facts.visitorsStarted,
      requests: facts.requests,
      fault: plan.fault ?? null,
      expectedAlerts: plan.alerts?.expected ?? null,
      campaignFile: plan.campaignFile ?? null,
      targetFile: plan.targetFile ?? null,
      stopped: facts.stopped,
      ...environment(),
    },
  };
}

/** Where it was judged, which is where it was sent from unless a folder was carried elsewhere. */
function environment(): Pick<RunFacts, "crowdproofVersion" | "node" | "machine"> {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return {
    crowdproofVersion,
    node: process.version,
    machine: `${platform()} ${release()}, ${cores.length} × ${cores[0]?.model.trim() ?? "unknown CPU"}, ${gibibytes} GiB`,
  };
}
