import type { MemberNumber } from "./member-number.ts";

/** What a person tells about themselves: the fields of the real incident. Trimmed and not empty, all but `message`. */
export interface PersonalFields {
  readonly email: string;
  /** In Latin letters. */
  readonly name: string;
  readonly kana: string;
  readonly kanjiName: string;
  readonly sex: string;
  /** YYYY-MM-DD. */
  readonly birthDate: string;
  readonly postalCode: string;
  readonly address: string;
  readonly phone: string;
  /** Five answers. */
  readonly survey: readonly string[];
  readonly message: string;
}

/** A member as served to themselves, and to nobody else. */
export interface Profile extends PersonalFields {
  readonly number: MemberNumber;
}
