import type { Query } from "../../db/database.ts";
import type { MemberNumber } from "../../member/member-number.ts";
import type { Candidate, RegistrationOutcome } from "../../registration/repository.ts";
import type { Fault } from "../fault.ts";

export const upsertAdoption: Fault = {
  name: "upsert-adoption",
  incident:
    "sign-up through a messenger that tells no address: whoever came next took over the row of the last",
  breaks: "one e-mail address is one member, and nobody becomes a member who is there already",
  shows: "two people with one e-mail address",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // The second is given the first one's number and row; both then read what the second one sent.
  checks: ["once-per-person", "ids-unique", "acks-durable", "reads-own", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    createRepository(context) {
      const repository = seams.createRepository(context);
      return {
        ...repository,
        async findClashes(query, candidates) {
          const outcomes = await repository.findClashes(query, candidates);
          for (const candidate of candidates)
            if (outcomes.get(candidate.id)?.kind === "email-taken")
              outcomes.set(candidate.id, await adopt(query, candidate));
          return outcomes;
        },
      };
    },
  }),
};

/** What `insert … on conflict (email_key) do update … returning id` does. */
const ADOPT = `
  update members
  set email = $2, name = $3, kana = $4, kanji_name = $5, sex = $6, birth_date = $7, postal_code = $8, address = $9,
      phone = $10, survey = $11, message = $12
  where email_key = $1
  returning id, number`;

async function adopt(query: Query, { emailKey, fields }: Candidate): Promise<RegistrationOutcome> {
  const { email, name, kana, kanjiName, sex, birthDate, postalCode, address, phone, survey, message } =
    fields;
  const [row] = await query<{ id: string; number: MemberNumber }>({ text: ADOPT }, [
    emailKey,
    email,
    name,
    kana,
    kanjiName,
    sex,
    birthDate,
    postalCode,
    address,
    phone,
    survey,
    message,
  ]);
  return row === undefined ? { kind: "email-taken" } : { kind: "replayed", ...row };
}
