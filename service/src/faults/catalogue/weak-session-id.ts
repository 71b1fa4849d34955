import type { Fault } from "../fault.ts";

export const weakSessionId: Fault = {
  name: "weak-session-id",
  incident: "a session ID from `Math.random()`, cut short so that it fits a column",
  breaks: "a session belongs to one person",
  shows: "so many people that two draw the same",
  weather: ["volume"],
  guard: "blocks",
  isHiddenAlone: true,
  // Whoever holds another's session reads another's data with it, and is found under another's ID.
  checks: ["sessions-bound", "reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    // A store in which the last one to write a key has it.
    schema: [
      ...seams.schema,
      "alter table sessions drop constraint if exists sessions_pkey",
      "create index if not exists sessions_token_hash on sessions (token_hash)",
    ],
    createSessionTokens: () => () => {
      const id = Math.random()
        .toString()
        .slice(2, 2 + DIGITS)
        .padEnd(DIGITS, "0");
      return `${id.padStart(SECRET_CHARACTERS, "0")}.${"0".repeat(MAC_CHARACTERS)}`;
    },
  }),
};

/** A hundred thousand: of twelve hundred people two or more share one, but for once in four hundred times. */
const DIGITS = 5;
/** The shape that the session cookie has. */
const SECRET_CHARACTERS = 24;
const MAC_CHARACTERS = 32;
