import type { MemberIdRule } from "../target/target.ts";

/** What is wrong with an ID; null where nothing is. */
export function createIdJudge(rule: MemberIdRule | undefined): (memberId: string) => string | null {
  // Whole string: a pattern that is found somewhere in an ID says nothing about the ID.
  const pattern = rule ? new RegExp(`^(?:${rule.pattern})$`) : null;
  const checks = rule?.checkCharacters ? CHECKS[rule.checkCharacters] : null;
  return (memberId) => {
    if (isSentinel(memberId)) return "what a missing value turns into";
    if (pattern && !pattern.test(memberId)) return "not of the declared pattern";
    if (checks && !checks(memberId)) return "wrong check characters";
    return null;
  };
}

/** What abnormal IDs look like: printed nothings, all-zero and all-F identifiers, and the ends of number ranges. */
const SENTINELS = new Set(
  [
    ["", "undefined", "null", "none", "nil", "nan", "infinity", "-infinity", "true", "false"],
    ["[object object]", "{}", "[]", "-1", "n/a", "unknown", "error"],
    // 2³¹−1, 2³²−1, 2⁵³−1, 2⁵³, 2⁶³−1 and its float, 2⁶⁴−1.
    ["2147483647", "4294967295", "9007199254740991", "9007199254740992"],
    ["9223372036854775807", "9223372036854776000", "18446744073709551615"],
  ].flat(),
);
const ALL_ZERO = /^[0\-.]*0[0\-.]*$/;
const ALL_F = /^(?=.{4})[f-]+$/i;
/** A number that went through a float on its way: `1.2345678901234568e+21`, `42.0`. */
const FLOAT = /^-?\d+(\.\d+)?e[+-]?\d+$|^-?\d+\.\d+$/i;

function isSentinel(memberId: string): boolean {
  const word = memberId.trim().toLowerCase();
  return SENTINELS.has(word) || ALL_ZERO.test(word) || ALL_F.test(word) || FLOAT.test(word);
}

const CHECKS: Record<NonNullable<MemberIdRule["checkCharacters"]>, (memberId: string) => boolean> = {
  "iso7064-mod97-10": isMod97Right,
  luhn: isLuhnRight,
  damm: isDammRight,
};

/** ISO/IEC 7064, MOD 97-10: letters are 10 to 35, the number with its two check digits leaves 1 when divided by 97. */
function isMod97Right(memberId: string): boolean {
  let rest = 0;
  for (const character of bare(memberId)) {
    const value = Number.parseInt(character, 36);
    if (Number.isNaN(value)) return false;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** ISO/IEC 7812-1: every second digit from the right doubled; the sum of all digits ends in 0. */
function isLuhnRight(memberId: string): boolean {
  const digits = digitsOf(memberId);
  if (!digits) return false;
  const sum = digits.reverse().reduce((total, digit, place) => {
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** The quasigroup of order 10 of H. M. Damm's thesis (2004), with a zero diagonal. */
const DAMM = [
  "0317598642",
  "7092154863",
  "4206871359",
  "1750983426",
  "6123045978",
  "3674209581",
  "5869720134",
  "8945362017",
  "9438617205",
  "2581436790",
];

function isDammRight(memberId: string): boolean {
  const digits = digitsOf(memberId);
  if (!digits) return false;
  return digits.reduce((state, digit) => Number(DAMM[state]![digit]), 0) === 0;
}

/** Printed IDs are grouped; blanks and hyphens are no part of the arithmetic. */
const bare = (memberId: string) => memberId.replace(/[\s-]/g, "");

function digitsOf(memberId: string): number[] | null {
  const digits = bare(memberId);
  return /^\d+$/.test(digits) ? [...digits].map(Number) : null;
}
