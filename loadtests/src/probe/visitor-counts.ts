import type { SIGNUP_OUTCOMES } from "../../../monitoring/catalogue/closed-sets.ts";
import type { Ending, Event } from "../events/event.ts";
import { isPositive } from "./foreign-data.ts";
import type { ProbeMetrics } from "./probe-metrics.ts";

type Outcome = (typeof SIGNUP_OUTCOMES)[number];

/** How a visitor's ending counts, as in a gate's own metrics: who gave up or lost an answer may be a member or not. */
const OUTCOMES: Record<Ending, Outcome> = {
  member: "acknowledged",
  "still-waiting": "waiting",
  refused: "refused",
  rejected: "rejected",
  halted: "halted",
  "gave-up": "indeterminate",
  lost: "indeterminate",
  "cut-short": "indeterminate",
  failed: "failed",
};

/** Who was sent and who saw their own data, as numbers and as metrics. */
export interface VisitorCounts {
  add(event: Event): void;
  visitors(): Record<string, number>;
  done(): number;
  sawTheirOwn(): { visitors: number; answers: number };
  /** Members of one run, by their IDs where they have some. */
  membersOf(runId: string): number;
  /** Nothing about this run is asked any more. */
  forget(runId: string): void;
}

export function createVisitorCounts(metrics: ProbeMetrics): VisitorCounts {
  const visitors = new Map<Outcome, number>();
  const people = new Map<string, { members: Set<string>; seeing: Set<number> }>();
  let done = 0;
  let answers = 0;
  let seeing = 0;
  const peopleOf = (runId: string) => {
    const known = people.get(runId) ?? { members: new Set(), seeing: new Set() };
    people.set(runId, known);
    return known;
  };
  return {
    add(event) {
      if (event.control !== null) return;
      if (event.type === "request" && event.class === "acknowledged") {
        peopleOf(event.run).members.add(event.memberId ?? `visitor ${event.visitor}`);
      }
      if (event.type === "request" && isPositive(event)) {
        answers++;
        const { seeing: known } = peopleOf(event.run);
        if (!known.has(event.visitor)) seeing++;
        known.add(event.visitor);
        metrics.add("crowdproof_probe_positive_total", { check: "reads-own" });
        metrics.set("crowdproof_probe_last_positive_timestamp_seconds", {}, Date.now() / 1e3);
      }
      if (event.type !== "done") return;
      const outcome = OUTCOMES[event.ending];
      done++;
      visitors.set(outcome, (visitors.get(outcome) ?? 0) + 1);
      metrics.add("crowdproof_probe_visitors_total", { outcome });
      metrics.set("crowdproof_probe_last_visit_timestamp_seconds", {}, Date.now() / 1e3);
    },
    visitors: () => Object.fromEntries(visitors),
    done: () => done,
    sawTheirOwn: () => ({ visitors: seeing, answers }),
    membersOf: (runId) => people.get(runId)?.members.size ?? 0,
    forget: (runId) => people.delete(runId),
  };
}
