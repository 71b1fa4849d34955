import { createHmac, hash } from "node:crypto";
import type { Keys } from "../keys.ts";

/** A member's row as the auditor reads it; bytes as hex digits. */
export interface MemberRow {
  readonly id: string;
  readonly number: string;
  readonly email: string;
  readonly emailKey: string;
  readonly name: string;
  readonly kana: string;
  readonly kanjiName: string;
  readonly sex: string;
  readonly birthDate: string;
  readonly postalCode: string;
  readonly address: string;
  readonly phone: string;
  readonly survey: readonly string[];
  readonly message: string;
  readonly identityMac: string;
  readonly ticketNumber: string | null;
  readonly hasSession: boolean;
}

/** The service's formats written down once more: code that is shared with what is audited would share its faults. */
export interface Recompute {
  /** The serial of a number that was minted under the key; undefined for every other. */
  serialOf(number: string): number | undefined;
  /** The row says of itself what its MAC says. */
  isWhole(row: MemberRow): boolean;
}

export function createRecompute(keys: Pick<Keys, "memberNumber" | "identity">): Recompute {
  return {
    serialOf(number) {
      const parts = /^(\d{10})(\d{8})\d{2}$/.exec(number);
      const [, serial = "", tag] = parts ?? [];
      // ISO 7064 mod 97-10 over all twenty digits.
      if (parts === null || Number(serial) === 0 || BigInt(number) % 97n !== 1n) return undefined;
      const mac = createHmac("sha256", keys.memberNumber).update(serial).digest();
      const expected = String(mac.readUIntBE(0, 6) % 100_000_000).padStart(8, "0");
      return tag === expected ? Number(serial) : undefined;
    },
    isWhole(row) {
      const told = [
        row.email,
        row.name,
        row.kana,
        row.kanjiName,
        row.sex,
        row.birthDate,
        row.postalCode,
        row.address,
        row.phone,
        row.survey,
        row.message,
      ];
      const fingerprint = hash("sha256", JSON.stringify(told), "hex");
      const mac = createHmac("sha256", keys.identity)
        .update(row.number + fingerprint)
        .digest("hex");
      return mac.slice(0, 32) === row.identityMac;
    },
  };
}
