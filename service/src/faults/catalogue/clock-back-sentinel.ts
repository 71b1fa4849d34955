import type { Issuer } from "../../member/issuer.ts";
import type { MemberNumber } from "../../member/member-number.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";
import { createSnowflake } from "../snowflake.ts";

export const clockBackSentinel: Fault = {
  name: "clock-back-sentinel",
  incident:
    "a published snowflake post-mortem: the generator answers -1 while the clock stands back, and -1 is stored",
  breaks: "people wait for an ID; none is made up",
  shows: "the clock is set back between two signups",
  weather: ["clock-steps-back"],
  guard: "blocks",
  isHiddenAlone: true,
  // Everybody with -1 is one member, and a card under that number is found for nobody.
  checks: ["ids-well-formed", "ids-unique", "acks-durable", "once-per-person"],
  apply: (seams) => ({
    ...seams,
    schema: [
      ...seams.schema,
      "alter table members drop constraint if exists members_number_key",
      "alter table members drop constraint if exists members_number_check",
    ],
    createIssuer: createSnowflakeIssuer,
  }),
};

function createSnowflakeIssuer({ clock, numbers }: SeamContext): Issuer {
  let behindMs = 0;
  // What a time daemon does to the machine's clock, without one.
  process.on("SIGUSR2", () => {
    behindMs += STEP_MS;
  });
  const next = createSnowflake({
    clock: () => clock() - behindMs,
    worker: 0,
    whenClockIsBack: () => SENTINEL,
  });
  return {
    issue() {
      const serial = next();
      return serial === SENTINEL ? (String(SENTINEL) as MemberNumber) : numbers.mint(serial);
    },
  };
}

const SENTINEL = -1;
/** Above what a daemon slews, so it steps. */
const STEP_MS = 150;
