/** A number system whose digits are the characters of an alphabet. */
export interface Spelling {
  alphabet: string;
}

/** The number in exactly `length` digits, most significant first. */
export function digitsOf(value: number, { alphabet }: Spelling, length: number): string {
  let digits = "";
  let rest = value;
  for (let place = 0; place < length; place++) {
    const worth = rest % alphabet.length;
    digits = alphabet[worth] + digits;
    rest = (rest - worth) / alphabet.length;
  }
  return digits;
}

/** Null where a character is no digit. */
export function numberOf(digits: string, { alphabet }: Spelling): number | null {
  let value = 0;
  for (let place = 0; place < digits.length; place++) {
    const worth = alphabet.indexOf(digits[place]!);
    if (worth < 0) return null;
    value = value * alphabet.length + worth;
  }
  return value;
}
