import { findClashes, insertMembers } from "../../registration/sql-repository.ts";
import type { Fault } from "../fault.ts";

export const idempotencyRace: Fault = {
  name: "idempotency-race",
  incident: "idempotency layers that look the key up, run the handler, then store its answer: double charges",
  breaks: "the same key and body make one member, whatever the finger does",
  shows: "a double-tap, or two people with one e-mail address at once",
  weather: [],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  checks: ["once-per-person"],
  apply: (seams) => ({
    ...seams,
    // The look-up comes first, so what are the constraints for?
    schema: [
      ...seams.schema,
      "alter table members drop constraint if exists members_key_hash_key",
      "alter table members drop constraint if exists members_email_key_key",
      "create index if not exists members_key_hash on members (key_hash)",
      "create index if not exists members_email_key on members (email_key)",
    ],
    createRepository: ({ config }) => ({
      findClashes,
      async insert(query, candidates) {
        const known = await findClashes(query, candidates);
        const newcomers = candidates.filter((candidate) => !known.has(candidate.id));
        return insertMembers(query, newcomers, config.sessionSeconds);
      },
    }),
  }),
};
