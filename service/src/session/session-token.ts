import { createHmac, hash, randomBytes } from "node:crypto";

/** 144 bit: beyond guessing, and a whole number of base64 characters. */
const SECRET_BYTES = 18;
const MAC_BYTES = 16;
const TOKEN = /^[\w-]{24}\.[\w-]{22}$/;

/** `secret.mac`: the MAC binds the token to one person's identity MAC, so that an answer can be held against it offline. */
export function createSessionToken(key: Buffer, identityMac: Buffer): string {
  const secret = drawSecret();
  const mac = createHmac("sha256", key).update(secret).update(identityMac).digest().subarray(0, MAC_BYTES);
  return `${secret.toString("base64url")}.${mac.toString("base64url")}`;
}

// Random bytes are drawn for many tokens at once: one call to the system for each was 5 % of a signup's CPU (measured).
const DRAW_BYTES = SECRET_BYTES * 256;
let drawn = Buffer.alloc(0);

function drawSecret(): Buffer {
  if (drawn.length < SECRET_BYTES) drawn = randomBytes(DRAW_BYTES);
  const secret = drawn.subarray(0, SECRET_BYTES);
  drawn = drawn.subarray(SECRET_BYTES);
  return secret;
}

/** What the database knows of a token. A fast hash is enough: there is no dictionary of 144 random bits. */
export function hashSessionToken(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** The session token in a Cookie header, where there is one of the right shape. */
export function sessionTokenIn(cookieHeader: string | undefined): string | undefined {
  for (const pair of cookieHeader?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === "session" && value !== undefined && TOKEN.test(value)) return value;
  }
  return undefined;
}
