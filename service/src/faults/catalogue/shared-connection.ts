import type { Connection, Database } from "../../db/database.ts";
import type { Profile } from "../../member/profile.ts";
import type { ProfileReader } from "../../member/profile-reader.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const sharedConnection: Fault = {
  name: "shared-connection",
  incident: "node-postgres' guides: one client for all requests, on which their transactions interleave",
  breaks: "people read their own data and nobody else's",
  shows: "two reads at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({ ...seams, createProfileReader: createReaderInTransactions }),
};

/** Row-level security as it should be, its variable local to the transaction: but the transaction is everybody's. */
function createReaderInTransactions({ database }: SeamContext): ProfileReader {
  const withConnection = createSharedConnection(database);
  return {
    read: ({ session }) =>
      withConnection(async ({ query }) => {
        await query({ text: "begin" });
        await query({ text: "select set_config('app.member', $1, true)" }, [session.memberId]);
        const [profile] = await query<Profile>({ text: READ_BY_VARIABLE });
        await query({ text: "commit" });
        return profile;
      }),
  };
}

/** Taken by the first and given back by the last who is at it. */
function createSharedConnection(database: Database) {
  let connecting: Promise<Connection> | undefined;
  let users = 0;
  return async <Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> => {
    users += 1;
    connecting ??= database.connect();
    const connection = await connecting;
    try {
      return await work(connection);
    } finally {
      users -= 1;
      if (users === 0) {
        connecting = undefined;
        connection.release();
      }
    }
  };
}

const READ_BY_VARIABLE = `
  select number, email, name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
         postal_code as "postalCode", address, phone, survey, message
  from members where id = nullif(current_setting('app.member', true), '')::uuid`;
