import type { Outcome } from "../verdict/verdict.ts";
import type { Looked, ProbeCheck } from "./judge-history.ts";
import { chanceToSee } from "./sensitivity.ts";

/** What a probe says at its end. */
export interface ProbeVerdict {
  format: 1;
  outcome: Outcome;
  /** Most important first. */
  reasons: string[];
  probe: string;
  target: string;
  startedAt: string;
  endedAt: string;
  visitors: Readonly<Record<string, number>>;
  /** Visitors who were shown their own data, and the answers in which they were. */
  sawTheirOwn: { visitors: number; answers: number };
  /** Times a check failed. */
  violations: Partial<Record<ProbeCheck, number>>;
  /** Seconds in which no visitor saw their own data although some were sent. */
  blindSeconds: number;
  /** Profiles served in which nothing of their reader's stood. */
  blankAnswers: number;
  /** What the checks said of the last history. */
  checks: Looked[];
  /** People who are still at the target. */
  peopleLeft: number;
  sentence: string;
}

export type ProbeCourse = Omit<ProbeVerdict, "format" | "outcome" | "reasons" | "sentence"> & {
  /** Why nothing is seen at the end; null where something is. */
  blind: string | null;
};

/** Violation ever → fail; nothing positive ever, or unknown at the end → unknown; else pass. */
export function decideProbe({ blind, ...course }: ProbeCourse): ProbeVerdict {
  const failed = Object.entries(course.violations).map(
    ([check, times]) => `${check} failed ${times.toLocaleString("en")} ${times === 1 ? "time" : "times"}`,
  );
  const unknown = unknownReasons(course, blind);
  const outcome: Outcome = failed.length > 0 ? "fail" : unknown.length > 0 ? "unknown" : "pass";
  const sentence = strengthOf(course);
  const reasons = [...failed, ...unknown, ...(outcome === "pass" ? [sentence] : [])];
  return { format: 1, outcome, reasons, ...course, sentence };
}

function unknownReasons(
  { sawTheirOwn, checks, visitors }: Omit<ProbeCourse, "blind">,
  blind: string | null,
): string[] {
  const sent = Object.values(visitors).reduce((sum, count) => sum + count, 0);
  if (sent === 0) return ["nobody was sent"];
  if (sawTheirOwn.visitors === 0) {
    return [
      `none of ${sent} visitors was shown their own data, so nothing could be seen${blind === null ? "" : `: ${blind}`}`,
    ];
  }
  if (blind !== null) return [`at the end nothing could be seen: ${blind}`];
  if (checks.length === 0) return ["the history was never judged"];
  return checks
    .filter(({ outcome }) => outcome === "unknown")
    .map(({ check, summary }) => `${check}: ${summary}`);
}

const SHARES = [0.1, 0.01, 0.001];
/** Less is not worth a word. */
const CHANCE_MIN = 0.01;

/** What silence is worth, and no more. */
function strengthOf({ sawTheirOwn, blindSeconds, blankAnswers }: Omit<ProbeCourse, "blind">): string {
  const { visitors, answers } = sawTheirOwn;
  const chances = SHARES.filter((share) => chanceToSee(visitors, share) >= CHANCE_MIN).map(
    (share) => `with ${percent(chanceToSee(visitors, share))} one that hits 1 in ${Math.round(1 / share)}`,
  );
  const blind = blindSeconds < 1 ? "" : `; blind for ${Math.round(blindSeconds)} s`;
  const blanks =
    blankAnswers === 0 ? "" : `; ${count(blankAnswers)} answers had nothing of their reader's in them`;
  return `${count(visitors)} visitors saw their own data, in ${count(answers)} answers. Of leaks that come at random it would have seen ${chances.join(", ")}${blind}${blanks}`;
}

const count = (value: number) => value.toLocaleString("en");

/** Never 100 %. */
function percent(chance: number): string {
  const value = Math.min(99.9, Math.floor(chance * 1_000) / 10);
  return `${value >= 99 ? value.toFixed(1) : Math.floor(value)} %`;
}
