import type { Statement } from "../../db/database.ts";
import { findClashes, insertMembers, REGISTER_MEMBERS } from "../../registration/sql-repository.ts";
import { ServiceError } from "../../service-error.ts";
import type { Fault } from "../fault.ts";

export const personalDataInErrors: Fault = {
  name: "personal-data-in-errors",
  incident: "the database's own words as the answer: `Key (email)=(…) already exists.`",
  breaks: "no answer, a refusal neither, carries another person's data",
  shows: "a duplicate in the batch of other people",
  weather: [],
  guard: "withholds",
  isHiddenAlone: true,
  checks: ["reads-own"],
  apply: (seams) => ({
    ...seams,
    createRepository: ({ config }) => ({
      findClashes,
      async insert(query, candidates) {
        const clashes = await findClashes(query, candidates);
        const known = new Map([...clashes].filter(([, outcome]) => outcome.kind !== "email-taken"));
        const newcomers = candidates.filter((candidate) => !known.has(candidate.id));
        try {
          return await insertMembers(query, newcomers, config.sessionSeconds, INSERT);
        } catch (error) {
          throw inPlainWords(error);
        }
      },
    }),
  }),
};

/** Without `on conflict do nothing`, so that the database says what is wrong … */
const INSERT: Statement = {
  name: "register-members-or-fail",
  text: REGISTER_MEMBERS.text.replace("on conflict do nothing", ""),
};

/** … and whoever shares the batch hears it. */
function inPlainWords(error: unknown): unknown {
  if (!(error instanceof Error) || !("detail" in error) || typeof error.detail !== "string") return error;
  return new ServiceError("email-taken", `This cannot be registered. ${error.detail}`, { cause: error });
}
