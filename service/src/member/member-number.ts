import { createMac, type Mac } from "../mac.ts";

/**
 * The member ID, called number in code because `id` is a row's internal key: 20 digits = serial (10), keyed tag (8), check characters (2).
 * It names a member; holding it authorises nothing.
 */
export type MemberNumber = string & { readonly __brand: "MemberNumber" };

/** The largest serial a number has room for; the database's sequence ends there rather than wrap. */
export const SERIAL_MAX = 9_999_999_999;

/** Mints and recognises member numbers under one key. */
export interface MemberNumbers {
  mint(serial: number): MemberNumber;
  /** The number, or undefined for whatever was not minted under this key. */
  parse(text: unknown): MemberNumber | undefined;
}

export function createMemberNumbers(key: Buffer): MemberNumbers {
  const mac = createMac(key);
  return {
    mint(serial) {
      if (!Number.isInteger(serial) || serial < 1 || serial > SERIAL_MAX) {
        throw new RangeError(`a member serial is a whole number from 1 to ${SERIAL_MAX}`);
      }
      return numberOf(serial.toString().padStart(10, "0"), mac);
    },
    parse(text) {
      if (typeof text !== "string" || !/^[0-9]{20}$/.test(text) || text.startsWith("0000000000"))
        return undefined;
      const minted = numberOf(text.slice(0, 10), mac);
      return minted === text ? minted : undefined;
    },
  };
}

function numberOf(serialDigits: string, mac: Mac): MemberNumber {
  // 48 of its bits: exact in a double, and so many more than eight digits hold that none is likelier than another.
  const tag = Number.parseInt(mac(serialDigits).slice(0, 12), 16) % 100_000_000;
  const body = serialDigits + tag.toString().padStart(8, "0");
  return (body + checkCharactersOf(body)) as MemberNumber;
}

/** ISO 7064 mod 97-10: the whole number leaves 1 when divided by 97, which the all-zero string does not. */
function checkCharactersOf(body: string): string {
  const remainder = remainderBy97(`${body}00`);
  return (98 - remainder).toString().padStart(2, "0");
}

/** A digit at a time: small whole numbers all the way, and no text is made. */
function remainderBy97(digits: string): number {
  let remainder = 0;
  for (let at = 0; at < digits.length; at++) remainder = (remainder * 10 + digits.charCodeAt(at) - ZERO) % 97;
  return remainder;
}

const ZERO = 0x30;
