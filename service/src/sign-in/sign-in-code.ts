import { timingSafeEqual } from "node:crypto";
import { createMac } from "../mac.ts";

/** The code with this id: eight digits that follow from it under the service's key, and are kept nowhere. */
export type SignInCodeOf = (id: string) => string;

const DIGITS = 8;
/** 52 bit, which a double holds exactly; the remainder's unevenness is 2·10⁻⁸. */
const HEX_DIGITS = 13;

export function createSignInCodes(key: Buffer): SignInCodeOf {
  const mac = createMac(key);
  return (id) => {
    const number = Number.parseInt(mac(`code:${id}`).slice(0, HEX_DIGITS), 16) % 10 ** DIGITS;
    return number.toString().padStart(DIGITS, "0");
  };
}

/** Takes as long for a nearly right code as for a wrong one. */
export function isSameCode(given: string, expected: string): boolean {
  const one = Buffer.from(given);
  const other = Buffer.from(expected);
  return one.length === other.length && timingSafeEqual(one, other);
}
