import type { JudgedHistory } from "../checks/judged-history.ts";
import { RUN_FORMAT } from "../plan/plan.ts";
import { describeStrength } from "./strength.ts";
import type { CheckKind, CheckResult, Outcome, Verdict } from "./verdict.ts";

/** First match decides. A failed objective on a run that was not valid says nothing. */
const ORDER: readonly { kinds: readonly CheckKind[]; outcome: Outcome; verdict: Outcome }[] = [
  { kinds: ["invariant"], outcome: "fail", verdict: "fail" },
  { kinds: ["invariant", "validity"], outcome: "unknown", verdict: "unknown" },
  // Validity has no fail of its own; should one ever say so, the run still says nothing.
  { kinds: ["validity"], outcome: "fail", verdict: "unknown" },
  { kinds: ["objective", "alert"], outcome: "fail", verdict: "fail" },
  { kinds: ["objective", "alert"], outcome: "unknown", verdict: "unknown" },
];

/** Pure; the order of the results does not matter. No results, or none that was judged, is unknown. */
export function decideVerdict(judged: JudgedHistory): Verdict {
  const { checks, bypassed, exposures, exposuresTotal, alerts, run } = judged;
  const strength = describeStrength(judged.strength, exposuresTotal);
  const outcome = outcomeOf(checks);
  return {
    format: RUN_FORMAT,
    outcome,
    reasons: reasonsOf(judged, { outcome, passSentence: strength.sentence }),
    checks,
    bypassed,
    exposures,
    exposuresTotal,
    alerts,
    strength,
    run,
  };
}

export function outcomeOf(checks: readonly CheckResult[]): Outcome {
  const decisive = ORDER.find((row) => checks.some((check) => isOf(check, row)));
  if (decisive) return decisive.verdict;
  // An objective that is met or a valid generator alone is no pass: something about people must have held.
  return checks.some((check) => isOf(check, { kinds: ["invariant"], outcome: "pass" })) ? "pass" : "unknown";
}

function isOf(
  check: CheckResult,
  { kinds, outcome }: { kinds: readonly CheckKind[]; outcome: Outcome },
): boolean {
  return check.judged && check.outcome === outcome && kinds.includes(check.kind);
}

/** The headline first, with what was not judged in the same line; then every other check that is not well. */
function reasonsOf(
  { checks, exposuresTotal, run, bypassed }: JudgedHistory,
  { outcome, passSentence }: { outcome: Outcome; passSentence: string },
): string[] {
  const reasons = ORDER.flatMap((row) =>
    checks
      .filter((check) => isOf(check, row))
      .sort((one, other) => importance(one) - importance(other) || (one.name < other.name ? -1 : 1))
      .map(({ name, summary }) => `${name}: ${summary}`),
  );
  if (outcome === "pass") reasons.unshift(passSentence);
  // All else that is unknown then follows from it.
  if (outcome === "unknown" && run.stopped !== null) {
    const sentence = STOPPED[run.stopped] ?? `the run was stopped: ${run.stopped}`;
    reasons.unshift(`${sentence} after ${run.seconds.toFixed(1)} s, before its plan was done`);
  }
  if (reasons.length === 0) reasons.push("nothing was judged");
  if (outcome === "fail" && exposuresTotal > 0) {
    reasons[0] = `${exposuresTotal.toLocaleString("en")} exposure${exposuresTotal === 1 ? "" : "s"}; ${reasons[0]}`;
  }
  const unjudged = [
    ...checks
      .filter(({ judged }) => !judged)
      .map((check) => unjudgedText(check))
      .sort(),
    ...bypassed.map((what) => `${what} (bypassed)`),
  ];
  if (unjudged.length > 0) reasons[0] = `${reasons[0]}; not judged: ${unjudged.join(", ")}`;
  return reasons;
}

const STOPPED: Record<string, string> = {
  interrupted: "the run was stopped by hand",
  exposure: "the run was stopped at an exposure",
  "target-gone": "the target was gone",
  "time-limit": "the run's time was up",
};

function unjudgedText(check: CheckResult): string {
  return check.judged ? check.name : `${check.name} (${check.reason})`;
}

/** Whose data was shown before all else; whether anybody is lost next; the rest by name. */
const FIRST = ["reads-own", "ids-unique", "acks-durable", "history", "claim"];

function importance({ name }: CheckResult): number {
  const place = FIRST.indexOf(name);
  return place === -1 ? FIRST.length : place;
}
