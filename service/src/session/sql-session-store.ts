import { readStatement } from "../db/statement.ts";
import type { SeamContext } from "../seam-context.ts";
import type { Session, SessionStore } from "./session-store.ts";

const FIND_SESSION = readStatement(import.meta.url, "find-session.sql");
const END_SESSION = readStatement(import.meta.url, "end-session.sql");
const OPEN_SESSIONS = readStatement(import.meta.url, "open-sessions.sql");

export function createSqlSessionStore({
  database,
  config,
}: Pick<SeamContext, "database" | "config">): SessionStore {
  return {
    async find(tokenHash) {
      const [session] = await database.query<Session>(FIND_SESSION, [`\\x${tokenHash}`]);
      return session;
    },
    async end(tokenHash) {
      await database.query(END_SESSION, [`\\x${tokenHash}`]);
    },
    async open(query, sessions) {
      const hashes = sessions.map((session) => `\\x${session.tokenHash}`);
      const members = sessions.map((session) => session.memberId);
      await query(OPEN_SESSIONS, [hashes, members, config.sessionSeconds]);
    },
  };
}
