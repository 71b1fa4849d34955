import { join } from "node:path";
import { loadCampaign } from "../src/campaign/load-campaign.ts";
import { compilePlan } from "../src/plan/compile-plan.ts";
import type { Plan } from "../src/plan/plan.ts";
import { createRunId } from "../src/plan/run-id.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { loadTarget } from "../src/target/load-target.ts";

export type Spacing = "poisson" | "even";

export interface SteadyOptions {
  perSecond: number;
  /** At most; there may be fewer at low rates. */
  visitors: number;
  seed: number;
  /** `even` is what other tools do, and what the bench holds ours against; a campaign cannot ask for it. */
  spacing: Spacing;
}

/** `steady.yaml` against the reference service: plain visitors, no bursts, one mean rate. */
export async function steadyPlan({ perSecond, visitors, seed, spacing }: SteadyOptions): Promise<Plan> {
  const [campaign, target] = await Promise.all([
    loadCampaign(join(import.meta.dirname, "steady.yaml")),
    loadTarget(REFERENCE_TARGET),
  ]);
  const written = campaign.arrivals.pieces[0];
  if (written?.shape !== "constant") throw new Error("steady.yaml has one constant piece");
  const plan = compilePlan(campaign, target, {
    runId: createRunId(),
    seed,
    scale: perSecond / written.perSecond,
  });
  const { dueMicroseconds, behaviour, group, burst } = plan.arrivals;
  const drawn = dueMicroseconds.slice(0, visitors);
  const due = spacing === "poisson" ? drawn : drawn.map((_due, nth) => Math.round((nth * 1e6) / perSecond));
  return {
    ...plan,
    durationSeconds: ((due.at(-1) ?? 0) + 1) / 1e6,
    arrivals: {
      dueMicroseconds: due,
      behaviour: behaviour.slice(0, visitors),
      group: group.slice(0, visitors),
      burst: burst.slice(0, visitors),
    },
  };
}
