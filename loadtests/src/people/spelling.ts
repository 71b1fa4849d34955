/** A number system whose digits are the characters of an alphabet. */
export interface Spelling {
  alphabet: string;
}

/** The number in exactly `length` digits, most significant first. */
export function digitsOf(value: number, { alphabet }: Spelling, length: number): string {
  let digits = "";
  let rest = value;
  for (let place = 0; place < length; place++) {
    digits = alphabet[rest % alphabet.length] + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/** Null where a character is no digit. */
export function numberOf(digits: string, { alphabet }: Spelling): number | null {
  let value = 0;
  for (const digit of digits) {
    const worth = alphabet.indexOf(digit);
    if (worth < 0) return null;
    value = value * alphabet.length + worth;
  }
  return value;
}
