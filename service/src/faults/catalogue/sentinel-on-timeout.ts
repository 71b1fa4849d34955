import { setTimeout as sleep } from "node:timers/promises";
import { createTransactionScope } from "../../db/transaction.ts";
import type { Issuer } from "../../member/issuer.ts";
import type { MemberNumber } from "../../member/member-number.ts";
import type { Profile } from "../../member/profile.ts";
import type { ProfileReader } from "../../member/profile-reader.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const sentinelOnTimeout: Fault = {
  name: "sentinel-on-timeout",
  incident: "Sapporo 2020: abnormal IDs under load; 34 people's data readable by 276 others for 23.5 hours",
  breaks: "people wait for an ID; none is made up",
  shows: "the source of IDs is slower than the timer: its pool saturated by a burst",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Everybody with the abnormal number is the same member to whatever looks members up by it.
  checks: ["ids-unique", "ids-well-formed", "reads-own", "acks-durable", "once-per-person", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    schema: [
      ...seams.schema,
      "alter table members drop constraint if exists members_number_key",
      "alter table members drop constraint if exists members_number_check",
      "create table if not exists member_counter (value bigint not null)",
      "insert into member_counter select 0 where not exists (select from member_counter)",
    ],
    createDatabase: (options) => seams.createDatabase({ ...options, connectionsMax: CONNECTIONS_MAX }),
    createIssuer: createImpatientIssuer,
    createProfileReader: createReaderByNumber,
  }),
};

/** "Nobody should have to wait for a number": a signup alone has its own in a few milliseconds, a hundred at once do not. */
const PATIENCE_MS = 50;
const NOT_YET_NUMBERED = "0".repeat(20) as MemberNumber;
/** What was enough when a hundred people a day signed up. */
const CONNECTIONS_MAX = 3;

/** Numbers from a counter row, one transaction after the other. */
function createImpatientIssuer({ database, numbers }: SeamContext): Issuer {
  const transaction = createTransactionScope({ database });
  const takeNumber = () =>
    transaction.run(async (query) => {
      const [row] = await query<{ value: number }>({
        text: "update member_counter set value = value + 1 returning value::float8 as value",
      });
      return numbers.mint(row?.value ?? 0);
    });
  return { issue: () => Promise.race([takeNumber(), sleep(PATIENCE_MS, NOT_YET_NUMBERED)]) };
}

/** As in the incident, the number is what a member is known by. */
function createReaderByNumber({ database }: SeamContext): ProfileReader {
  return {
    async read({ session }) {
      const [profile] = await database.query<Profile>({ text: READ_BY_NUMBER }, [session.number]);
      return profile;
    },
  };
}

const READ_BY_NUMBER = `
  select number, email, name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
         postal_code as "postalCode", address, phone, survey, message
  from members where number = $1 limit 1`;
