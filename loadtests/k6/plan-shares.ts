import { SharedArray } from "k6/data";
import type { Arrivals, Plan } from "../src/plan/plan.ts";
import { virtualUsersFor } from "../src/plan/virtual-users.ts";

/** A plan without its arrivals, and how many VUs share these. */
export interface PlanHead {
  plan: Plan;
  vus: number;
  visitors: number;
}

/** The arrivals of one VU: column by column, those of visitor `visitors[i]` at index i. */
interface Share extends Arrivals {
  visitors: number[];
}

export interface PlanShares {
  head: PlanHead;
  /** The plan as one VU needs it, and the visitors that are its own. */
  ofVu(vu: number): { plan: Plan; visitors: number[] };
}

/** Compiles or reads the plan once for all VUs; each then takes its share, so that none holds another's people. */
export function sharePlan(loadPlan: () => Plan): PlanShares {
  const shared = new SharedArray("plan", () => {
    const plan = loadPlan();
    const vus = virtualUsersFor(plan);
    const head: PlanHead = { plan: withoutArrivals(plan), vus, visitors: plan.arrivals.group.length };
    return [head, ...dealOut(plan.arrivals, vus)];
  });
  const head = shared[0] as PlanHead;
  return {
    head,
    ofVu(vu) {
      const share = shared[vu] as Share;
      return { plan: { ...head.plan, arrivals: spreadOut(share, head.visitors) }, visitors: share.visitors };
    },
  };
}

function withoutArrivals(plan: Plan): Plan {
  return { ...plan, arrivals: { dueMicroseconds: [], behaviour: [], group: [], burst: [] } };
}

/** A group stays in one VU: its members know of each other. */
function dealOut(arrivals: Arrivals, vus: number): Share[] {
  const shares: Share[] = [];
  for (let vu = 0; vu < vus; vu++) {
    shares.push({ visitors: [], dueMicroseconds: [], behaviour: [], group: [], burst: [] });
  }
  arrivals.group.forEach((group, visitor) => {
    const share = shares[group % vus] as Share;
    share.visitors.push(visitor);
    share.dueMicroseconds.push(arrivals.dueMicroseconds[visitor] as number);
    share.behaviour.push(arrivals.behaviour[visitor] as number);
    share.group.push(group);
    share.burst.push(arrivals.burst[visitor] as number);
  });
  return shares;
}

/** Of nobody's group. */
const NO_GROUP = -1;

/**
 * Columns that are indexed by visitor, as the plan promises, with holes for the others. Typed arrays: 15 bytes a visitor
 * and VU, where an array of k6's engine takes 100.
 */
function spreadOut(share: Share, visitors: number): Arrivals {
  const due = new Float64Array(visitors);
  const behaviour = new Uint8Array(visitors);
  const group = new Int32Array(visitors).fill(NO_GROUP);
  const burst = new Uint16Array(visitors);
  share.visitors.forEach((visitor, index) => {
    due[visitor] = share.dueMicroseconds[index] as number;
    behaviour[visitor] = share.behaviour[index] as number;
    group[visitor] = share.group[index] as number;
    burst[visitor] = share.burst[index] as number;
  });
  // Nobody appends to a plan's columns or writes them out: reading by index is all that is asked of them.
  const columns = { dueMicroseconds: due, behaviour, group, burst };
  return columns as unknown as Arrivals;
}
