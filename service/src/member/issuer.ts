import type { MemberNumber } from "./member-number.ts";

/** Gives each newcomer a member number that nobody else has had. May wait; never makes one up. */
export interface Issuer {
  issue(): MemberNumber | Promise<MemberNumber>;
}
