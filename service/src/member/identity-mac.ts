import { hash } from "node:crypto";
import { createMac } from "../mac.ts";
import type { MemberNumber } from "./member-number.ts";
import type { PersonalFields } from "./profile.ts";

/** 128 bit as hex digits, as the database's constraint has it in bytes. */
const MAC_CHARACTERS = 32;

/** Binds a number to every field of its person, given as their fingerprint: a row mixed from two people no longer fits its own MAC. */
export type IdentityMacOf = (number: MemberNumber, fingerprint: string) => string;

/** HMAC(key, number ‖ fingerprint); both have one length, so that nothing can slide from one into the other. */
export function createIdentityMac(key: Buffer): IdentityMacOf {
  const mac = createMac(key);
  return (number, fingerprint) => mac(number + fingerprint).slice(0, MAC_CHARACTERS);
}

/** SHA-256 of all that a person told, as hex digits: one hash serves the idempotency key and the MAC. */
export function fingerprintOf(fields: PersonalFields): string {
  const { email, name, kana, kanjiName, sex, birthDate, postalCode, address, phone, survey, message } =
    fields;
  // JSON of a list, because plain concatenation would let a name end where an address begins.
  const text = JSON.stringify([
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
  return hash("sha256", text, "hex");
}
