import { PROBE_CHECKS } from "../../../monitoring/catalogue/closed-sets.ts";
import { checkHistory } from "../checks/check-history.ts";
import type { CheckResult, Evidence } from "../verdict/verdict.ts";
import type { Origin } from "./numbering.ts";

export type ProbeCheck = (typeof PROBE_CHECKS)[number];

/** What one check says of the sliding history. */
export interface Looked {
  check: ProbeCheck;
  outcome: "pass" | "fail" | "unknown" | "not judged";
  summary: string;
  /** Rows of evidence, at most as many as a verdict has; visitors by their own cycles. */
  findings: Evidence[];
}

/** Judges a sliding history by the checks of a gate. */
export async function lookAtHistory(dir: string, origins: readonly Origin[]): Promise<Looked[]> {
  const { checks } = await checkHistory(dir);
  const blind = blindChecks(checks);
  return PROBE_CHECKS.map((name) => {
    const result = checks.find((check) => check.name === name);
    if (result === undefined) throw new Error(`no check ${name}`);
    const findings = result.judged && result.outcome === "fail" ? result.evidence : [];
    const named = {
      check: name,
      summary: result.summary,
      findings: findings.map((row) => withOrigins(row, origins)),
    };
    if (!result.judged) return { ...named, outcome: "not judged" };
    if (result.outcome === "pass" && blind.has(name)) {
      const summary = "a wrong answer that was put before it on purpose was not seen yet";
      return { ...named, outcome: "unknown", summary };
    }
    return { ...named, outcome: result.outcome };
  });
}

/** How many positive observations each check has in the run folder of one cycle. */
export async function countPositives(dir: string): Promise<Map<ProbeCheck, number>> {
  const { checks } = await checkHistory(dir);
  return new Map(
    PROBE_CHECKS.map((name) => [name, checks.find((check) => check.name === name)?.observed ?? 0]),
  );
}

/**
 * What does not see the deliberate wrong answers of the run says nothing about the others. Not so for lost members: without
 * rows they are those whose session opens nothing, and nobody can be given a session on purpose that is lost.
 */
function blindChecks(checks: readonly CheckResult[]): Set<unknown> {
  const control = checks.find(({ name }) => name === "control");
  const rows = control?.evidence.filter(({ violations }) => violations === 0) ?? [];
  return new Set(rows.map(({ check }) => check).filter((check) => check !== "acks-durable"));
}

const VISITOR_COLUMNS = ["visitor", "otherVisitor", "victim"];

function withOrigins(row: Evidence, origins: readonly Origin[]): Evidence {
  const isOlder = typeof row["victimRunTag"] === "number";
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const isVisitor = VISITOR_COLUMNS.includes(column) && !(column === "victim" && isOlder);
      const origin = isVisitor && typeof value === "number" ? origins[value] : undefined;
      return [column, origin === undefined ? value : `${origin.runId} visitor ${origin.visitor}`];
    }),
  );
}
