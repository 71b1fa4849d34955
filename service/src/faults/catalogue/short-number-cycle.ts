import type { Fault } from "../fault.ts";

export const shortNumberCycle: Fault = {
  name: "short-number-cycle",
  incident: "a number short enough to be read out: the last digits of the real one, which come again",
  breaks: "no member ID is acknowledged to two people",
  shows: "more members than the short number has values",
  weather: ["volume"],
  guard: "blocks",
  isHiddenAlone: true,
  // Whoever asks for the card of another member and holds the same number is served a card.
  checks: ["ids-unique", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    schema: [...seams.schema, "alter table members drop constraint if exists members_number_key"],
    createIssuer(context) {
      const issuer = seams.createIssuer(context);
      return {
        async issue() {
          const serial = Number((await issuer.issue()).slice(0, SERIAL_DIGITS));
          return context.numbers.mint((serial % SHORT_NUMBERS) + 1);
        },
      };
    },
  }),
};

const SERIAL_DIGITS = 10;
/** 500 rather than the 10,000 that were seen, so that a crowd of some seconds comes round, on a busy machine too. */
const SHORT_NUMBERS = 500;
