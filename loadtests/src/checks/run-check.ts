import { counted } from "../counted.ts";
import type { CheckKind, CheckResult, Evidence, Outcome } from "../verdict/verdict.ts";
import type { CheckRule, Numbers } from "./check-table.ts";
import { EVIDENCE_MAX, evidenceOf } from "./evidence.ts";
import type { HistoryDatabase, SqlValue } from "./history-database.ts";
import { findStatement, type Mark, readStatements, type Statement } from "./sql-file.ts";

/** What a check's file counted. */
export interface Counts {
  observed: number;
  numbers: Numbers;
  parts: Part[];
  violations: Found;
  unknowns: Found;
}

interface Part {
  part: string;
  observed: number;
  isRequired: boolean;
}

interface Found {
  total: number;
  rows: Record<string, SqlValue>[];
}

type Judgement = { judged: true; outcome: Outcome } | { judged: false; reason: string };

/** Runs a check's file on what the database looks at. A check that crashes is unknown, and says with what. */
export async function runCheck(history: HistoryDatabase, rule: CheckRule): Promise<CheckResult> {
  try {
    const counts = await countCheck(history, await readStatements(rule.name));
    const judgement = judgeCount(rule, counts);
    return {
      name: rule.name,
      kind: rule.kind,
      observed: counts.observed,
      summary: summaryOf(rule, counts, judgement),
      evidence: evidenceFor(history, counts),
      ...judgement,
    };
  } catch (error) {
    return crashed(rule, error);
  }
}

export function crashed({ name, kind }: Pick<CheckRule, "name" | "kind">, error: unknown): CheckResult {
  const message = error instanceof Error ? error.message : String(error);
  const summary = `the check itself failed: ${message.split("\n")[0]?.slice(0, 300)}`;
  return { name, kind, observed: 0, summary, evidence: [], judged: true, outcome: "unknown" };
}

export async function countCheck(history: HistoryDatabase, statements: Statement[]): Promise<Counts> {
  for (const { mark, sql } of statements) if (mark === "prepare") await history.run(sql);
  const parts = await rowsOf<Part & Record<string, SqlValue>>(history, statements, "parts");
  const [observed] = await rowsOf<Numbers>(history, statements, "observed");
  const [numbers] = await rowsOf<Numbers>(history, statements, "numbers");
  return {
    observed: observed?.["observed"] ?? parts.reduce((sum, part) => sum + part.observed, 0),
    numbers: { ...observed, ...numbers },
    parts,
    violations: await found(history, statements, "violations"),
    unknowns: await found(history, statements, "unknowns"),
  };
}

async function rowsOf<Row extends Record<string, unknown>>(
  history: HistoryDatabase,
  statements: Statement[],
  mark: Mark,
): Promise<Row[]> {
  const sql = findStatement(statements, mark);
  return sql === null ? [] : await history.rows<Row>(sql);
}

/** Kept aside once: counting and showing would otherwise each go through the whole history. */
async function found(history: HistoryDatabase, statements: Statement[], mark: Mark): Promise<Found> {
  const sql = findStatement(statements, mark);
  if (sql === null) return { total: 0, rows: [] };
  await history.run(`create or replace temp table ${mark} as ${sql}`);
  const [{ total } = { total: 0 }] = await history.rows<{ total: number }>(
    `select count(*) as total from ${mark}`,
  );
  // A total order, so that a reordered history gives the same evidence.
  const rows =
    total === 0 ? [] : await history.rows(`select * from ${mark} order by all limit ${EVIDENCE_MAX}`);
  return { total, rows };
}

/**
 * violations → fail; else unknowns → unknown; else a part that had to be seen and was not → unknown; else nothing seen
 * → not exercised where the check says so and nothing required it, unknown otherwise; else pass. What makes a run
 * invalid says nothing against the target: validity never fails, it is unknown.
 */
function judgeCount(
  rule: Pick<CheckRule, "kind" | "unexercised">,
  { observed, parts, violations, unknowns }: Counts,
): Judgement {
  if (violations.total > 0) return { judged: true, outcome: rule.kind === "validity" ? "unknown" : "fail" };
  if (unknowns.total > 0 || missing(parts).length > 0) return { judged: true, outcome: "unknown" };
  if (observed > 0) return { judged: true, outcome: "pass" };
  if (rule.unexercised !== undefined) return { judged: false, reason: `not exercised: ${rule.unexercised}` };
  return { judged: true, outcome: "unknown" };
}

const missing = (parts: Part[]) => parts.filter(({ isRequired, observed }) => isRequired && observed === 0);

function summaryOf(rule: CheckRule, counts: Counts, judgement: Judgement): string {
  if (!judgement.judged) return judgement.reason;
  const { observed, numbers, parts, violations, unknowns } = counts;
  const seen = rule.observed({ ...numbers, observed });
  const idle = parts.filter((part) => !part.isRequired && part.observed === 0).map(({ part }) => part);
  const sentences = [
    violations.total > 0
      ? counted(violations.total, rule.violations) + problemsOf(rule.kind, violations)
      : "",
    unknowns.total > 0 ? counted(unknowns.total, rule.unknowns) + problemsOf("validity", unknowns) : "",
    missing(parts).length > 0 ? `never seen: ${listed(missing(parts).map(({ part }) => part))}` : "",
    seen,
    idle.length > 0 && parts.length > idle.length ? `not exercised: ${listed(idle)}` : "",
  ];
  return sentences.filter((sentence) => sentence !== "").join("; ");
}

/** What makes a run invalid has no victim to name, nor has an alert: its problems are the sentence. */
function problemsOf(kind: CheckKind, { rows }: Found): string {
  if (kind !== "validity" && kind !== "alert") return "";
  const problems = new Set(
    rows.map((row) => String(row["problem"] ?? "")).filter((problem) => problem !== ""),
  );
  return problems.size === 0 ? "" : ` (${listed([...problems])})`;
}

function listed(names: string[]): string {
  const NAMES_MAX = 8;
  const rest = names.length - NAMES_MAX;
  return names.slice(0, NAMES_MAX).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** What is wrong first; where nothing is, the denominators part by part. */
function evidenceFor(history: HistoryDatabase, { violations, unknowns, parts }: Counts): Evidence[] {
  const rows = violations.total > 0 ? violations.rows : unknowns.rows;
  if (rows.length > 0) return rows.map((row) => evidenceOf(history.plan, row));
  return parts
    .slice(0, EVIDENCE_MAX)
    .map(({ part, observed, isRequired }) => ({ part, observed, isRequired }));
}
