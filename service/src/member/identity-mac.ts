import { createHmac } from "node:crypto";
import type { MemberNumber } from "./member-number.ts";
import type { PersonalFields } from "./profile.ts";

const MAC_BYTES = 16;

/** Binds a number to every field of its person; a row mixed from two people no longer fits its own MAC. */
export function identityMacOf(key: Buffer, number: MemberNumber, fields: PersonalFields): Buffer {
  const { email, name, kana, kanjiName, sex, birthDate, postalCode, address, phone, survey, message } =
    fields;
  // JSON of a list, because plain concatenation would let a name end where an address begins.
  const text = JSON.stringify([
    number,
    email,
    name,
    kana,
    kanjiName,
    sex,
    birthDate,
    postalCode,
    address,
    phone,
    survey,
    message,
  ]);
  return createHmac("sha256", key).update(text).digest().subarray(0, MAC_BYTES);
}
