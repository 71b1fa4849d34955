import { CONTROLS, type ControlName } from "../events/event.ts";
import type { CheckResult } from "../verdict/verdict.ts";
import type { HistoryDatabase } from "./history-database.ts";
import { countCheck, crashed } from "./run-check.ts";
import { readStatements } from "./sql-file.ts";

/** Each deliberate wrong answer, and the check that must see it. */
const MUST_BE_RED: Record<ControlName, string> = {
  "swapped-answer": "reads-own",
  "lost-acknowledgement": "acks-durable",
  "duplicate-id": "ids-unique",
};

/** Validity: a check that cannot see a fault put before it on purpose has not seen that there is none. */
export async function checkControl(history: HistoryDatabase): Promise<CheckResult> {
  const rule = { name: "control", kind: "validity" } as const;
  if (history.loadError !== null) return crashed(rule, new Error("the history cannot be read"));
  try {
    const violations: Record<string, number> = {};
    for (const control of CONTROLS) {
      await history.look(control);
      const counts = await countCheck(history, await readStatements(MUST_BE_RED[control]));
      violations[control] = counts.violations.total;
    }
    const red = CONTROLS.filter((control) => (violations[control] ?? 0) > 0);
    const blind = CONTROLS.filter((control) => !red.includes(control));
    return {
      ...rule,
      observed: red.length,
      summary: summaryOf(red, blind),
      evidence: CONTROLS.map((control) => ({
        control,
        check: MUST_BE_RED[control],
        violations: violations[control] ?? 0,
      })),
      judged: true,
      outcome: blind.length === 0 ? "pass" : "unknown",
    };
  } catch (error) {
    return crashed(rule, error);
  } finally {
    await history.look("campaign");
  }
}

function summaryOf(red: ControlName[], blind: ControlName[]): string {
  if (blind.length === 0) return `all ${red.length} deliberate wrong answers of this run came out red`;
  const lost = blind.includes("lost-acknowledgement")
    ? "; a member who is lost must be seen: in the target file, let the answer to nobody's read-own mean absent, or read rows by SQL"
    : "";
  return `not seen red: ${blind.join(", ")}${lost}`;
}
