import type { Session, SessionStore } from "./session-store.ts";
import { hashSessionToken, sessionTokenIn } from "./session-token.ts";

/** Who asks: the session of the token that came with a request, undefined where there is none that is valid. */
export type CheckSession = (asked: {
  readonly cookieHeader: string | undefined;
  readonly path: string;
}) => Promise<Session | undefined>;

/** What cannot be checked is not valid: a store that fails rejects, and nothing is read. */
export function createSessionCheck(sessions: Pick<SessionStore, "find">): CheckSession {
  return async ({ cookieHeader }) => {
    const token = sessionTokenIn(cookieHeader);
    return token === undefined ? undefined : sessions.find(hashSessionToken(token));
  };
}
