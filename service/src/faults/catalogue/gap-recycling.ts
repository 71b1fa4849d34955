import type { MemberNumber } from "../../member/member-number.ts";
import type { Fault } from "../fault.ts";

export const gapRecycling: Fault = {
  name: "gap-recycling",
  incident:
    '"the smallest free number": a number that somebody had, and has on paper, is somebody else\'s after a deletion',
  breaks: "no member ID is acknowledged to two people, not one after the other either",
  shows: "members are removed while others come",
  weather: ["deletions"],
  guard: "blocks",
  isHiddenAlone: true,
  // Whoever was removed is not found again, and may come again: that is the weather, not the bug.
  checks: ["ids-unique", "acks-durable", "no-ghost-id", "once-per-person", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    createIssuer(context) {
      const issuer = seams.createIssuer(context);
      const given = new Set<MemberNumber>();
      let free: MemberNumber[] = [];
      let lookedMs = Number.NEGATIVE_INFINITY;

      async function look(): Promise<void> {
        lookedMs = performance.now();
        const rows = await context.database.query<{ number: MemberNumber }>({ text: FIND_FREE });
        free = rows.map(({ number }) => number).filter((number) => !given.has(number));
      }

      return {
        async issue() {
          if (performance.now() - lookedMs > LOOK_EVERY_MS) await look();
          const number = free.shift();
          if (number === undefined || given.has(number)) return issuer.issue();
          given.add(number);
          return number;
        },
      };
    },
  }),
};

/** Gaps are few: not every signup has to look for one. */
const LOOK_EVERY_MS = 100;

const FIND_FREE = `
  select number from removed_members
  where not exists (select from members where members.number = removed_members.number)
  order by number limit 100`;
