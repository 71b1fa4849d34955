import { hkdfSync } from "node:crypto";

/** One secret, one key for each purpose: a MAC made for one can never pass for another. */
export interface Keys {
  readonly memberNumber: Buffer;
  readonly identity: Buffer;
  readonly session: Buffer;
  readonly signIn: Buffer;
  readonly ticket: Buffer;
}

export function deriveKeys(secret: string): Keys {
  const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", secret, "crowdproof", purpose, 32));
  return {
    memberNumber: derive("member-number"),
    identity: derive("identity"),
    session: derive("session"),
    signIn: derive("sign-in"),
    ticket: derive("ticket"),
  };
}
