import type { MemberNumber } from "../../member/member-number.ts";
import { findClashes } from "../../registration/sql-repository.ts";
import type { Fault } from "../fault.ts";

export const globalIdempotencyKey: Fault = {
  name: "global-idempotency-key",
  incident: "public APIs that find the stored answer by its key alone, whoever asks and whatever they send",
  breaks: "a member ID and a session go to the person who registered",
  shows: "two people with one key",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // The second is given the first one's number and a session that reads the first one's data.
  checks: ["reads-own", "ids-unique", "acks-durable", "once-per-person", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    createRepository(context) {
      const repository = seams.createRepository(context);
      return {
        ...repository,
        async findClashes(query, candidates) {
          // The bug: what was sent is no part of the question.
          const outcomes = await findClashes(query, candidates);
          for (const candidate of candidates) {
            if (outcomes.get(candidate.id)?.kind !== "key-reused") continue;
            const [member] = await query<Member>({ text: FIND_BY_KEY }, [`\\x${candidate.keyHash}`]);
            if (member !== undefined) outcomes.set(candidate.id, { kind: "replayed", ...member });
          }
          return outcomes;
        },
      };
    },
  }),
};

interface Member {
  id: string;
  number: MemberNumber;
}

const FIND_BY_KEY = "select id, number from members where key_hash = $1";
