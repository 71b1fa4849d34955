/** A number system whose digits are the characters of an alphabet. */
export interface Spelling {
  alphabet: string;
}

/** The number in exactly `length` digits, most significant first. */
export function digitsOf(value: number, spelling: Spelling, length: number): string {
  const pairs = pairsOf(spelling);
  let digits = "";
  let rest = value;
  for (let place = 1; place < length; place += 2) {
    const worth = rest % pairs.length;
    digits = pairs[worth]! + digits;
    rest = (rest - worth) / pairs.length;
  }
  return length % 2 === 0 ? digits : spelling.alphabet[rest % spelling.alphabet.length] + digits;
}

const pairsByAlphabet = new Map<string, readonly string[]>();

/** Two digits at a time: half as many steps, each of which costs a microsecond in k6's engine. */
function pairsOf({ alphabet }: Spelling): readonly string[] {
  const known = pairsByAlphabet.get(alphabet);
  if (known) return known;
  const pairs = [...alphabet].flatMap((first) => [...alphabet].map((second) => first + second));
  pairsByAlphabet.set(alphabet, pairs);
  return pairs;
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
