import type { Query } from "../db/database.ts";
import type { MemberNumber } from "../member/member-number.ts";

/** Whoever sent a valid token. */
export interface Session {
  readonly memberId: string;
  readonly number: MemberNumber;
}

/** Sessions by the hash of their token (hex digits); the token itself is kept nowhere. */
export interface SessionStore {
  find(tokenHash: string): Promise<Session | undefined>;
  /** Nobody holds this session any more; ending one that is not there is nothing. */
  end(tokenHash: string): Promise<void>;
  /** Opens further sessions for members that exist, in the caller's transaction. */
  open(query: Query, sessions: readonly { tokenHash: string; memberId: string }[]): Promise<void>;
}
