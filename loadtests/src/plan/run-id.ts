import { randomBytes } from "node:crypto";

/** Lower case, without letters that are read as digits (Crockford's base 32). */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** 13 characters of 5 bits: 65 random bits, so that two runs never share their people. */
const CHARACTERS = 13;

/** A new run's identity: `cp-` and 13 base-32 characters. Not pure, and therefore not the plan's business. */
export function createRunId(): string {
  // 256 is a multiple of 32: the low five bits of a byte are evenly spread.
  const characters = Array.from(randomBytes(CHARACTERS), (byte) => ALPHABET[byte & 31]);
  return `cp-${characters.join("")}`;
}
