import type { Profile } from "../../member/profile.ts";
import type { ProfileReader } from "../../member/profile-reader.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const pooledSessionVariable: Fault = {
  name: "pooled-session-variable",
  incident: "row-level security behind a pooler in transaction mode: the setting stays with the connection",
  breaks: "people read their own data and nobody else's",
  shows: "more reads at once than the pool has connections",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createDatabase: (options) => seams.createDatabase({ ...options, connectionsMax: CONNECTIONS_MAX }),
    createProfileReader: createReaderByVariable,
  }),
};

/** What many poolers leave to one process. With an idle connection to spare, the pool gives the last one back. */
const CONNECTIONS_MAX = 3;

function createReaderByVariable({ database }: SeamContext): ProfileReader {
  return {
    async read({ session }) {
      await database.query({ text: "select set_config('app.member', $1, false)" }, [session.memberId]);
      const [profile] = await database.query<Profile>({ text: READ_BY_VARIABLE });
      return profile;
    },
  };
}

const READ_BY_VARIABLE = `
  select number, email, name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
         postal_code as "postalCode", address, phone, survey, message
  from members where id = nullif(current_setting('app.member', true), '')::uuid`;
