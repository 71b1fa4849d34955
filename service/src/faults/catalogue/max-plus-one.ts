import type { Issuer } from "../../member/issuer.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const maxPlusOne: Fault = {
  name: "max-plus-one",
  incident: "E-be! 2021: the same ID for applicants who came at nearly the same moment, 29 people",
  breaks: "no member ID is acknowledged to two people",
  shows: "two signups at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Whoever asks for the card of another member and holds the same number is served a card.
  checks: ["ids-unique", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    // Nobody thought of it: select and insert "cannot" be overtaken.
    schema: [...seams.schema, "alter table members drop constraint if exists members_number_key"],
    createIssuer: createMaxPlusOneIssuer,
  }),
};

function createMaxPlusOneIssuer({ database, numbers }: SeamContext): Issuer {
  return {
    async issue() {
      const [row] = await database.query<{ next: number }>({
        text: "select coalesce(max(left(number, 10)::float8), 0) + 1 as next from members",
      });
      return numbers.mint(row?.next ?? 1);
    },
  };
}
