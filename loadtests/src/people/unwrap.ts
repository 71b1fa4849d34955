/** Escaped JSON in a URL in a base64 token has three layers; nothing honest was seen with more. */
const LAYERS_MAX = 3;

/**
 * The text, and again after each layer of escaping or encoding is taken off, and each in normal form. In k6's engine a
 * pattern over 2 KB costs more than everything else about an answer, so each step stands behind a native search that
 * nearly always finds nothing: a typical answer is returned alone. Loops count because an iterator costs an object a step
 * there, a fifth of the time of reading an answer.
 */
export function unwrapped(text: string, decodeBase64: (text: string) => string): string[] {
  const layers: string[] = [];
  unwrapInto(layers, { text, layersLeft: LAYERS_MAX, decodeBase64 });
  return layers;
}

interface Wrapped {
  text: string;
  layersLeft: number;
  decodeBase64: (text: string) => string;
}

function unwrapInto(layers: string[], { text, layersLeft, decodeBase64 }: Wrapped): void {
  layers.push(text);
  if (hasAny(text, FOLDABLE)) layers.push(fold(text));
  if (layersLeft === 0) return;
  const inner = (unwrappedText: string) =>
    unwrapInto(layers, { text: unwrappedText, layersLeft: layersLeft - 1, decodeBase64 });
  if (hasAny(text, ESCAPE_SIGNS)) {
    const plain = unescapeAll(text);
    if (plain !== text) inner(plain);
  }
  const tokens = longTokens(text);
  for (let at = 0; at < tokens.length; at++) decodeToken(tokens[at]!, decodeBase64).forEach(inner);
}

function hasAny(text: string, signs: readonly string[]): boolean {
  for (let at = 0; at < signs.length; at++) if (text.indexOf(signs[at]!) >= 0) return true;
  return false;
}

/** The head of a canary in half-width kana, in hiragana, in full-width letters; and a capital i in Turkish. */
const FOLDABLE = ["ｸﾗ", "くら", "ｑ", "Ｑ", "İ"];

function fold(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/İ/g, "i")
    .replace(/[\u3041-\u3096]/g, (hiragana) => String.fromCharCode(hiragana.charCodeAt(0) + 0x60));
}

const ESCAPE_SIGNS = ["%", "\\", "&"];
/** JSON and JavaScript, URL (also `%uXXXX`), HTML; `\/`, `\\` and `&amp;` because they hide a second layer. */
const ESCAPE =
  /\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|%u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)|&#x([0-9a-f]{1,6});?|&#([0-9]{1,7});?|\\(\/)|&(amp);|\\(\\)/gi;

function unescapeAll(text: string): string {
  return text.replace(
    ESCAPE,
    (whole, braced, json, byte, url16, bytes, hex, decimal, slash, ampersand, backslash) => {
      const code = braced ?? json ?? byte ?? url16 ?? hex;
      if (code !== undefined) return characterOf(Number.parseInt(code, 16));
      if (decimal !== undefined) return characterOf(Number.parseInt(decimal, 10));
      if (bytes !== undefined) return decodeBytes(bytes);
      if (slash !== undefined) return "/";
      if (ampersand !== undefined) return "&";
      return backslash ?? whole;
    },
  );
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}

function decodeBytes(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    // Not UTF-8 (a cut character, Shift_JIS): the ASCII among it still counts.
    return escaped.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

/** Hashes and UUIDs are the usual long tokens; base64 of a canary is never spelled with these alone. */
const HEXADECIMAL = /^[0-9a-f-]*$/i;

/**
 * A token may stand behind letters that are not part of it (`path/`, `v1-`): each of the four alignments is tried.
 * Random bytes, which is what session tokens are, come out full of replaced characters and are looked at no further.
 */
function decodeToken(folded: string, decodeBase64: (text: string) => string): string[] {
  if (HEXADECIMAL.test(folded)) return [];
  const token = folded.indexOf("\n") < 0 ? folded : folded.replace(/[\r\n]/g, "");
  const decoded: string[] = [];
  for (let start = 0; start < 4; start++) {
    // One character left over is no base64, and strict decoders refuse the whole.
    const end = (token.length - start) % 4 === 1 ? token.length - 1 : token.length;
    const text = decodeBase64(token.slice(start, end));
    if (isLegible(text)) decoded.push(text);
  }
  return decoded;
}

/** The shortest canary, 22 kana; every wrapping makes it longer, and none leaves a replaced character inside it. */
const LEGIBLE_CHARACTERS_MIN = 22;
const REPLACED = "\ufffd";

/** Whether so many characters stand together of which none had to be replaced. Looks backwards, as longTokens does. */
function isLegible(text: string): boolean {
  let start = 0;
  while (start + LEGIBLE_CHARACTERS_MIN <= text.length) {
    const at = text.lastIndexOf(REPLACED, start + LEGIBLE_CHARACTERS_MIN - 1);
    if (at < start) return true;
    start = at + 1;
  }
  return false;
}

/** 24 letters are 32 characters of base64. */
const TOKEN_CHARACTERS_MIN = 32;
/** Lines of base64 in a mail have 76 characters, in a certificate 64; such a token goes on in the next line. */
const FOLDED_LINE_CHARACTERS_MIN = 60;
const IS_TOKEN_CODE = Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_-]/.test(String.fromCharCode(code)),
);

/**
 * Stretches of 32 and more characters of either base64 alphabet. Looks backwards from where such a stretch would
 * have to reach, as Boyer and Moore do: of ordinary text it reads one character in five.
 */
function longTokens(text: string): string[] {
  const tokens: string[] = [];
  let start = 0;
  while (start + TOKEN_CHARACTERS_MIN <= text.length) {
    let back = start + TOKEN_CHARACTERS_MIN - 1;
    while (back >= start && IS_TOKEN_CODE[text.charCodeAt(back)]) back--;
    if (back >= start) {
      start = back + 1;
      continue;
    }
    const end = tokenEnd(text, start);
    tokens.push(text.slice(start, end));
    start = end + 1;
  }
  return tokens;
}

function tokenEnd(text: string, start: number): number {
  let end = start;
  for (let lineStart = start; ; lineStart = end) {
    while (IS_TOKEN_CODE[text.charCodeAt(end)]) end++;
    const breakCharacters = /^\r?\n/.exec(text.slice(end, end + 2))?.[0].length ?? 0;
    const goesOn = IS_TOKEN_CODE[text.charCodeAt(end + breakCharacters)];
    if (breakCharacters === 0 || !goesOn || end - lineStart < FOLDED_LINE_CHARACTERS_MIN) return end;
    end += breakCharacters;
  }
}
