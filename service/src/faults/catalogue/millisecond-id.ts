import { SERIAL_MAX } from "../../member/member-number.ts";
import type { Fault } from "../fault.ts";

export const millisecondId: Fault = {
  name: "millisecond-id",
  incident: "Kawasaki 2023: two requests at the same time were one to the system, and overwrote each other",
  breaks: "no member ID is acknowledged to two people",
  shows: "two signups in one millisecond",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Whoever asks for the card of another member and holds the same number is served a card.
  checks: ["ids-unique", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    schema: [...seams.schema, "alter table members drop constraint if exists members_number_key"],
    createIssuer: ({ clock, numbers }) => ({ issue: () => numbers.mint((clock() % SERIAL_MAX) + 1) }),
  }),
};
