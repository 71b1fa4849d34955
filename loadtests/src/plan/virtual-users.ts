import type { Plan } from "./plan.ts";

/** One VU's event loop was measured to start 125 visitors a second with real steps and scanning on time. */
const VISITORS_PER_SECOND_OF_VU = 125;
/** Visitors of one instant whom one VU starts one after the other, each in about 0.3 ms. */
const BURST_VISITORS_OF_VU = 16;
const VUS_MIN = 4;
/** The controls go through one VU and want two members in it, who are not everybody. */
const VISITORS_OF_VU_MIN = 16;
/** Beyond this they only take turns on the cores, and each holds a JavaScript engine of its own. */
const VUS_MAX = 16;

/** How many of k6's VUs share a plan's people. */
export function virtualUsersFor({
  pieces,
  bursts,
  arrivals,
}: Pick<Plan, "pieces" | "bursts" | "arrivals">): number {
  const peak = pieces.reduce(
    (max, { fromPerSecond, toPerSecond }) => Math.max(max, fromPerSecond, toPerSecond),
    0,
  );
  const burst = bursts.reduce((max, { visitors }) => Math.max(max, visitors), 0);
  const wanted = Math.ceil(Math.max(peak / VISITORS_PER_SECOND_OF_VU, burst / BURST_VISITORS_OF_VU));
  const worthwhile = Math.max(1, Math.floor(arrivals.group.length / VISITORS_OF_VU_MIN));
  return Math.min(VUS_MAX, Math.max(VUS_MIN, wanted), worthwhile);
}
