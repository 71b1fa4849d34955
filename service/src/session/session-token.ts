import { hash, randomBytes } from "node:crypto";
import { createMac } from "../mac.ts";

/** 144 bit: beyond guessing, and a whole number of base64 characters. */
const SECRET_BYTES = 18;
const SECRET_CHARACTERS = 24;
/** 128 bit, as hex digits. */
const MAC_CHARACTERS = 32;
const TOKEN = /^[\w-]{24}\.[0-9a-f]{32}$/;

/** Makes `secret.mac`: the MAC binds the token to one person's identity MAC, so that an answer can be held against it offline. */
export type CreateSessionToken = (identityMac: string) => string;

/** The MAC is HMAC(key, secret ‖ identity MAC) of both as text; the secret has one length. */
export function createSessionTokens(key: Buffer): CreateSessionToken {
  const mac = createMac(key);
  return (identityMac) => {
    const secret = drawSecret();
    return `${secret}.${mac(secret + identityMac).slice(0, MAC_CHARACTERS)}`;
  };
}

// Random bytes are drawn for many tokens at once: one call to the system for each was 5 % of a signup's CPU (measured).
const DRAW_BYTES = SECRET_BYTES * 256;
let drawn = "";
let drawnUsed = 0;

function drawSecret(): string {
  if (drawnUsed === drawn.length) {
    drawn = randomBytes(DRAW_BYTES).toString("base64url");
    drawnUsed = 0;
  }
  const secret = drawn.slice(drawnUsed, drawnUsed + SECRET_CHARACTERS);
  drawnUsed += SECRET_CHARACTERS;
  return secret;
}

/** What the database knows of a token, as hex digits. A fast hash is enough: there is no dictionary of 144 random bits. */
export function hashSessionToken(token: string): string {
  return hash("sha256", token, "hex");
}

/** The session token in a Cookie header, where there is one of the right shape. */
export function sessionTokenIn(cookieHeader: string | undefined): string | undefined {
  for (const pair of cookieHeader?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === "session" && value !== undefined && TOKEN.test(value)) return value;
  }
  return undefined;
}
