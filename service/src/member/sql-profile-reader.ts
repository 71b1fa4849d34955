import { readStatement } from "../db/statement.ts";
import type { SeamContext } from "../seam-context.ts";
import type { Profile } from "./profile.ts";
import type { ProfileReader } from "./profile-reader.ts";

export const READ_PROFILE = readStatement(import.meta.url, "read-profile.sql");

/** Profiles straight from their row, by the internal key of the session; nothing is kept between two requests. */
export function createSqlProfileReader({ database }: Pick<SeamContext, "database">): ProfileReader {
  return {
    async read({ session }) {
      const [profile] = await database.query<Profile>(READ_PROFILE, [session.memberId]);
      return profile;
    },
  };
}
