import { hash } from "node:crypto";
import { createMac } from "./mac.ts";

export interface GuardKeys {
  readonly memberNumber: Buffer;
  readonly identity: Buffer;
  readonly session: Buffer;
}

/** Numbers, identities and tokens, recomputed from keys and bytes alone. A test keeps the formats equal to the service's. */
export interface Identity {
  /** True for 20 digits minted under the key: serial (10), keyed tag (8), ISO 7064 mod 97-10 (2). */
  isMinted(number: unknown): number is string;
  /** 32 hex digits: HMAC(number ‖ SHA-256 of the list of told fields). */
  macOf(number: string, toldText: string): string;
  /** Whether this token was made for the person of that identity MAC. */
  isBound(token: string, identityMac: string): boolean;
  /** Hash of a token's beginning as ledgers keep it: 32 hex digits. */
  viewerOf(token: string): string;
  /** A keyed hash of one field's value (16 hex digits), by which a value can be found again and not read. */
  fieldMacOf(field: string, content: string): string;
}

const SERIAL_CHARACTERS = 10;
const NUMBER_CHARACTERS = 20;
const SECRET_CHARACTERS = 24;
const MAC_CHARACTERS = 32;
/** `secret.mac`. */
export const TOKEN_CHARACTERS = SECRET_CHARACTERS + 1 + MAC_CHARACTERS;
const FIELD_MAC_CHARACTERS = 16;
const NO_SERIAL = "0".repeat(SERIAL_CHARACTERS);

export function createIdentity(keys: GuardKeys): Identity {
  const numberMac = createMac(keys.memberNumber);
  const identityMac = createMac(keys.identity);
  const sessionMac = createMac(keys.session);
  return {
    isMinted(number): number is string {
      if (typeof number !== "string" || !isDigits(number, NUMBER_CHARACTERS)) return false;
      const serial = number.slice(0, SERIAL_CHARACTERS);
      if (serial === NO_SERIAL) return false;
      const tag = (Number.parseInt(numberMac(serial).slice(0, 12), 16) % 100_000_000).toString();
      return number.startsWith(tag.padStart(8, "0"), SERIAL_CHARACTERS) && leavesOne(number);
    },
    macOf: (number, toldText) =>
      identityMac(number + hash("sha256", toldText, "hex")).slice(0, MAC_CHARACTERS),
    isBound: (token, mac) =>
      token.length === TOKEN_CHARACTERS &&
      token.charCodeAt(SECRET_CHARACTERS) === DOT &&
      token.endsWith(sessionMac(token.slice(0, SECRET_CHARACTERS) + mac).slice(0, MAC_CHARACTERS)),
    viewerOf: (token) => hash("sha256", token, "hex").slice(0, MAC_CHARACTERS),
    fieldMacOf: (field, content) => identityMac(`${field}=${content}`).slice(0, FIELD_MAC_CHARACTERS),
  };
}

const DOT = 0x2e;

export function isDigits(text: string, characters: number): boolean {
  if (text.length !== characters) return false;
  for (let at = 0; at < characters; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** ISO 7064 mod 97-10, a digit at a time: no text is made on the way. */
function leavesOne(digits: string): boolean {
  let remainder = 0;
  for (let at = 0; at < digits.length; at++) remainder = (remainder * 10 + digits.charCodeAt(at) - ZERO) % 97;
  return remainder === 1;
}

const ZERO = 0x30;
