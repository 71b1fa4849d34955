import { BEHAVIOURS, type Plan } from "../plan/plan.ts";

/** Who became a member, for those who try somebody else's ID. One board in each JavaScript process. */
export interface PartnerBoard {
  post(visitor: number, captured: Readonly<Record<string, string>>): void;
  /** What another member captured: of the same group if there, else the latest; null where there is nobody yet. */
  partnerOf(visitor: number): Readonly<Record<string, string>> | null;
}

interface Posted {
  visitor: number;
  captured: Readonly<Record<string, string>>;
}

export function createPartnerBoard({ arrivals }: Pick<Plan, "arrivals">): PartnerBoard {
  const groupOf = (visitor: number) => arrivals.group[visitor] ?? visitor;
  const isAsked = (visitor: number) => BEHAVIOURS[arrivals.behaviour[visitor] ?? 0] === "other-session";
  const byGroup = new Map<number, Posted[]>();
  // Two, so that the latest who is not oneself is always at hand.
  let latest: Posted[] = [];
  return {
    post(visitor, captured) {
      const posted = { visitor, captured };
      latest = [posted, ...latest.filter((other) => other.visitor !== visitor)].slice(0, 2);
      if (!isAsked(visitor)) return;
      const group = groupOf(visitor);
      const others = byGroup.get(group) ?? [];
      byGroup.set(group, [posted, ...others.filter((other) => other.visitor !== visitor)].slice(0, 2));
    },
    partnerOf(visitor) {
      const candidates = [...(byGroup.get(groupOf(visitor)) ?? []), ...latest];
      return candidates.find((posted) => posted.visitor !== visitor)?.captured ?? null;
    },
  };
}
