import type { CheckResult, Verdict } from "../verdict/verdict.ts";
import { shortened } from "./parts.ts";
import type { Words } from "./texts.ts";

/** The one sentence a manager reads, from the facts: the same in both languages. */
export function headlineOf(verdict: Verdict, words: Words): string {
  if (verdict.exposuresTotal > 0) return words.say("headlineExposures", { count: verdict.exposuresTotal });
  if (verdict.outcome === "pass") {
    return words.say("headlinePass", { answers: verdict.strength.answersWithOwnData });
  }
  if (verdict.checks.length === 0) return words.say("headlineNothing");
  const names = firstNames(decisiveChecks(verdict), words);
  if (verdict.outcome === "unknown") return words.say("headlineUnproven", { names });
  const isBroken = decisiveChecks(verdict).some((check) => check.kind === "invariant");
  return words.say(isBroken ? "headlineBroken" : "headlineMissed", { names });
}

/** The headline is read in three seconds: the whole list stands with the verdict. */
const NAMES_MAX = 3;

function firstNames(checks: CheckResult[], words: Words): string {
  const names = words.list(checks.slice(0, NAMES_MAX).map((check) => words.name("check", check.name)));
  const rest = checks.length - NAMES_MAX;
  return rest > 0 ? words.say("andMore", { names, count: rest }) : names;
}

/** The checks that made the outcome, in the order in which the verdict judges. */
export function decisiveChecks(verdict: Verdict): CheckResult[] {
  const withOutcome = (outcome: string, kinds: string[]) =>
    verdict.checks.filter((check) => check.judged && check.outcome === outcome && kinds.includes(check.kind));
  if (verdict.outcome === "pass") return [];
  if (verdict.outcome === "unknown") return withOutcome("unknown", ["invariant", "validity"]);
  const broken = withOutcome("fail", ["invariant"]);
  return broken.length > 0 ? broken : withOutcome("fail", ["objective", "alert"]);
}

export const notJudged = (verdict: Verdict) => verdict.checks.filter((check) => !check.judged);

/** The checks by name, then what the target file steps around, in its words. */
export function namesOfNotJudged(verdict: Verdict, words: Words): string[] {
  return [
    ...notJudged(verdict).map((check) => check.name),
    ...verdict.bypassed.map((what) => words.say("bypassed", { what: shortened(what, 80) })),
  ];
}
