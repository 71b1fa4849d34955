import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import type { MemberNumbers } from "./member/member-number.ts";
import type { SignInCodeOf } from "./sign-in/sign-in-code.ts";

/** What the maker of a seam may build on. */
export interface SeamContext {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly numbers: MemberNumbers;
  readonly signInCodeOf: SignInCodeOf;
  readonly database: Database;
}
