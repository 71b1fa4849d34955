import { randomUUIDv7 } from "node:crypto";
import type { Database, TransactionScope } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import { createMac } from "../mac.ts";
import type { Profile } from "../member/profile.ts";
import { ServiceError } from "../service-error.ts";
import type { SessionStore } from "../session/session-store.ts";
import { type CreateSessionToken, hashSessionToken } from "../session/session-token.ts";
import { isSameCode, type SignInCodeOf } from "./sign-in-code.ts";

/** How a member comes back: a code by mail, once, soon. */
export interface SignIn {
  /** The same for every address; the code goes to the member's own, where there is one. */
  askCode(email: string): Promise<void>;
  /** `wrong-code` also for a code that is used, too old or tried too often, and for an address nobody has. */
  useCode(email: string, code: string): Promise<{ readonly profile: Profile; readonly token: string }>;
}

export interface SignInParts {
  readonly database: Pick<Database, "query">;
  readonly transaction: TransactionScope;
  readonly sessions: SessionStore;
  readonly createToken: CreateSessionToken;
  readonly signInCodeOf: SignInCodeOf;
  /** Of the hashes under which addresses are kept. */
  readonly addressKey: Buffer;
}

/** Long enough for a mail to come and be read. */
const CODE_SECONDS = 600;
/** Five tries at 10⁸ codes, five codes an hour: a year of guessing at one address finds 0.2 % of the time. */
const TRIES_MAX = 5;
/** For somebody whose mails are slow; more would be a way to fill a stranger's mailbox. */
const CODES_PER_HOUR_MAX = 5;

const ASK_CODE = readStatement(import.meta.url, "ask-code.sql");
const TAKE_TRY = readStatement(import.meta.url, "take-try.sql");
const USE_CODE = readStatement(import.meta.url, "use-code.sql");

type Row = Profile & { readonly memberId: string; readonly identityMac: string };

export function createSignIn(parts: SignInParts): SignIn {
  const mac = createMac(parts.addressKey);
  const hashOf = (email: string) => `\\x${mac(`address:${keyOf(email)}`)}`;
  return {
    async askCode(email) {
      const values = [
        hashOf(email),
        randomUUIDv7(),
        keyOf(email),
        TRIES_MAX,
        CODE_SECONDS,
        CODES_PER_HOUR_MAX,
      ];
      await parts.database.query(ASK_CODE, values);
    },
    async useCode(email, code) {
      const addressHash = hashOf(email);
      const [tried] = await parts.database.query<{ id: string }>(TAKE_TRY, [addressHash]);
      // Compared in any case, so that no code to compare with takes no less time.
      const isRight = isSameCode(code, parts.signInCodeOf(tried?.id ?? ""));
      if (tried === undefined || !isRight) throw wrongCode();
      return signInWith(parts, addressHash, tried.id);
    },
  };
}

function signInWith(
  { transaction, sessions, createToken }: SignInParts,
  addressHash: string,
  codeId: string,
) {
  return transaction.run(async (query) => {
    const [row] = await query<Row>(USE_CODE, [addressHash, codeId]);
    if (row === undefined) throw wrongCode();
    const { memberId, identityMac, ...profile } = row;
    // Bound to what the row says of itself: a row mixed from two people gives a session that fits neither.
    const token = createToken(identityMac);
    await sessions.open(query, [{ tokenHash: hashSessionToken(token), memberId }]);
    return { profile, token };
  });
}

/** As registration has it: addresses in another case are one person's. */
const keyOf = (email: string) => email.toLowerCase();

function wrongCode(): ServiceError {
  return new ServiceError("wrong-code", "This code is not valid, or not any more. Please ask for a new one.");
}
