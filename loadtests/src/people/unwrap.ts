/** Escaped JSON in a URL in a base64 token has three layers; nothing honest was seen with more. */
export const LAYERS_MAX = 3;

/**
 * The text in lower case and normal form, and again after each layer of escaping or encoding is taken off.
 * Every step is behind a cheap test: a typical answer has no layer and is returned once.
 */
export function unwrapped(text: string, decodeBase64: (text: string) => string): string[] {
  const layers: string[] = [];
  let current = [text];
  for (let depth = 0; current.length > 0 && depth <= LAYERS_MAX; depth++) {
    layers.push(...current.map(fold));
    if (depth === LAYERS_MAX) break;
    current = current.flatMap((layer) => [...unescaped(layer), ...decodedTokens(layer, decodeBase64)]);
  }
  return layers;
}

const NOT_ASCII = /[^\x00-\x7f]/;
/** Half- and full-width forms, hiragana, letters that lower-casing leaves odd: İ ı ſ and the Kelvin sign. */
const FOLDABLE = /[\u0130\u0131\u017f\u212a\u3041-\u3096\uff01-\uff9d]/;

function fold(text: string): string {
  if (!NOT_ASCII.test(text) || !FOLDABLE.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKC")
    .replace(/[\u0130\u0131]/g, "i")
    .replace(/[\u3041-\u3096]/g, (hiragana) => String.fromCharCode(hiragana.charCodeAt(0) + 0x60))
    .toLowerCase();
}

/** JSON and JavaScript, URL (also `%uXXXX`), HTML; `\/` and `&amp;` because they hide a second layer. */
const ESCAPE =
  /\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|%u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)|&#x([0-9a-f]{1,6});?|&#([0-9]{1,7});?|\\(\/)|&(amp);|\\(\\)/gi;

function unescaped(text: string): string[] {
  if (text.indexOf("\\") < 0 && text.indexOf("%") < 0 && text.indexOf("&") < 0) return [];
  const replaced = text.replace(
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
  return replaced === text ? [] : [replaced];
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

/** 24 letters are 32 characters of base64. Lines folded as in a mail are one token. */
const TOKEN = /[A-Za-z0-9+/_-]{32,}(?:\r?\n[A-Za-z0-9+/_-]+)*/g;

/** A token may stand behind letters that are not part of it (`path/`, `v1-`): each of the four alignments is tried. */
function decodedTokens(text: string, decodeBase64: (text: string) => string): string[] {
  const tokens = text.match(TOKEN) ?? [];
  return tokens.flatMap((folded) => {
    const token = folded
      .replace(/[\r\n]/g, "")
      .replace(/-/g, "+")
      .replace(/_/g, "/");
    return [0, 1, 2, 3].map((start) => {
      const rest = token.slice(start);
      // One character left over is no base64, and strict decoders refuse the whole.
      return decodeBase64(rest.length % 4 === 1 ? rest.slice(0, -1) : rest);
    });
  });
}
