import type { Primitives } from "../engine/port.ts";
import { VISITORS_MAX } from "../plan/plan.ts";
import { CANARY_FIELDS, type CanaryField } from "./field.ts";
import { digitsOf, numberOf, type Spelling } from "./spelling.ts";
import { unwrapped } from "./unwrap.ts";

/** What a canary says by itself: whose data this is, and which field of theirs. */
export interface FoundCanary {
  /** 20 bits of the hash of a run id; canaries of older runs decode as well. */
  runTag: number;
  visitor: number;
  field: CanaryField;
}

export interface CanaryCodec {
  readonly runTag: number;
  encode(visitor: number, field: CanaryField): string;
  /** Every canary in the text, each once, also where it was escaped, folded, normalised, cut or encoded. */
  find(text: string): FoundCanary[];
  /** 64 hexadecimal digits that are this visitor's of this run alone: what everything else about a person is drawn from. */
  lotOf(visitor: number): string;
}

export interface CanaryCodecOptions extends Pick<Primitives, "hmacSha256" | "decodeBase64"> {
  runId: string;
  /** Of the check; `secrets[CANARY_KEY_SECRET]` at the composition. */
  key?: string | undefined;
}

/** Where resolveSecrets leaves a key of one's own: the environment's CROWDPROOF_CANARY_KEY. */
export const CANARY_KEY_SECRET = "env:CROWDPROOF_CANARY_KEY";

/**
 * A Latin canary is 24 letters: `q`, 9 of payload, 14 of check. Letters alone, so that one spelling serves
 * names, e-mail local parts, addresses and free text in any case and is found after truncation to 24. A kana canary
 * is 22 katakana without voiced or composed forms: `クラ`, 8 of payload, 12 of check.
 *
 * The check is 64 bits of HMAC-SHA-256 over layout, visitor and run tag, each half in letters of its own: the four
 * Latin fields of a visitor take the four quarters of one HMAC. Its key is public: it protects against accident, not
 * against somebody who forges canaries (who could as well print a real one).
 *
 * False positives: of all checks exactly one fits a payload, so random letters match at one place with
 * 26⁻¹ · 26⁻¹⁴ = 6·10⁻²² (kana: 45⁻² · 45⁻¹² = 7·10⁻²⁴). The largest run: 2²⁰ visitors · 4 answers · 2 KB = 9·10⁹ bytes. Each of
 * 3 layers may read a byte again once unescaped and, at four alignments, 4 · ¾ times decoded: 1 + 4 + 4² + 4³ = 85 texts.
 * 9·10⁹ · 85 · 6·10⁻²² = 5·10⁻¹⁰ a run, if every byte were a random letter; real answers are less dense.
 */
export function createCanaryCodec(options: CanaryCodecOptions): CanaryCodec {
  const { runId, hmacSha256, decodeBase64, key = CANARY_KEY } = options;
  // Of the public key whatever the check's is: who judges a run again knows no secret.
  const runTag = Number.parseInt(hmacSha256(CANARY_KEY, `run:${runId}`).slice(0, 5), 16);
  const known = createBoundedMap();

  // The fields of one visitor are encoded one after the other.
  let last = { layout: KANA, visitor: -1, tag: -1, mac: "" };
  const macOf = (layout: Layout, { visitor, runTag: tag }: FoundCanary): string => {
    if (last.layout !== layout || last.visitor !== visitor || last.tag !== tag) {
      last = { layout, visitor, tag, mac: hmacSha256(key, `${layout.name}:${tag}:${visitor}`) };
    }
    return last.mac;
  };

  const spell = (layout: Layout, canary: FoundCanary): string => {
    const letters = digitsOf(payloadOf(canary), layout, layout.payloadLetters);
    const mac = macOf(layout, canary);
    const start = fieldNumber(canary.field) * CHECK_DIGITS;
    return (
      layout.prefix + letters + halfOf(mac, start, layout) + halfOf(mac, start + CHECK_DIGITS / 2, layout)
    );
  };

  const decode = (layout: Layout, candidate: string): FoundCanary | null => {
    if (candidate.length < layout.length || !layout.pattern.test(candidate)) return null;
    const canary = readPayload(layout, candidate);
    if (!canary || spell(layout, canary) !== candidate) return null;
    known.set(candidate, canary);
    return canary;
  };

  const findIn = (text: string, prefix: string, layout: Layout, into: Found) => {
    let at = text.indexOf(prefix);
    while (at >= 0) {
      const spelled = text.slice(at, at + layout.length);
      const candidate = layout === LATIN ? spelled.toLowerCase() : spelled;
      const canary = known.get(candidate) ?? decode(layout, candidate);
      if (canary && !into.candidates.has(candidate)) {
        into.candidates.add(candidate);
        into.canaries.push(canary);
      }
      // Letters may stand right before a canary, a `q` among them: the next place to look is the next letter.
      at = text.indexOf(prefix, at + (canary ? layout.length : 1));
    }
  };

  return {
    runTag,
    encode(visitor, field) {
      if (!Number.isInteger(visitor) || visitor < 0 || visitor >= VISITORS_MAX) {
        throw new RangeError(`visitor ${visitor} does not fit into a canary: 0 to ${VISITORS_MAX - 1} do`);
      }
      const layout = field === "kana" ? KANA : LATIN;
      const canary = { runTag, visitor, field };
      const text = spell(layout, canary);
      known.set(text, canary);
      return text;
    },
    lotOf: (visitor) => hmacSha256(key, `lot:${runId}:${visitor}`),
    find(text) {
      if (text.length < KANA.length) return [];
      const found: Found = { candidates: new Set(), canaries: [] };
      const layers = unwrapped(text, decodeBase64);
      for (let at = 0; at < layers.length; at++) {
        const layer = layers[at]!;
        // indexOf is native in k6's engine, whose own loops and patterns are slow.
        findIn(layer, "q", LATIN, found);
        findIn(layer, "Q", LATIN, found);
        findIn(layer, KANA.prefix, KANA, found);
      }
      return found.canaries;
    },
  };
}

interface Found {
  candidates: Set<string>;
  /** A list beside it: a map's values would have to be iterated over, which is dear in k6's engine. */
  canaries: FoundCanary[];
}

/** Changing it makes the canaries of all older runs unreadable. */
const CANARY_KEY = "crowdproof canary v1";
const TAGS = 2 ** 20;
const LATIN_FIELDS = CANARY_FIELDS.filter((field) => field !== "kana");
/** Hexadecimal digits of an HMAC that make the check of one field. */
const CHECK_DIGITS = 16;
/** Half a check is a number of 32 bits: what spells a larger one needs no HMAC to be refused. */
const HALF_MAX = 2 ** 32 - 1;

interface Layout extends Spelling {
  name: string;
  prefix: string;
  payloadLetters: number;
  halfLetters: number;
  length: number;
  pattern: RegExp;
  fields: readonly CanaryField[];
}

/** 4 fields · 2²⁰ visitors · 2²⁰ tags = 2⁴² < 26⁹; 2³² < 26⁷. */
const LATIN: Layout = {
  name: "latin",
  alphabet: "abcdefghijklmnopqrstuvwxyz",
  prefix: "q",
  payloadLetters: 9,
  halfLetters: 7,
  length: 24,
  pattern: /^[a-z]{24}$/,
  fields: LATIN_FIELDS,
};

/** 45 katakana that NFC, NFD, NFKC and NFKD leave alone (no ヲ, which some systems turn into オ); 2⁴⁰ < 45⁸; 2³² < 45⁶. */
const KANA: Layout = {
  name: "kana",
  alphabet: "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン",
  prefix: "クラ",
  payloadLetters: 8,
  halfLetters: 6,
  length: 22,
  pattern: /^[ア-ン]{22}$/,
  fields: ["kana"],
};

function payloadOf({ runTag, visitor, field }: FoundCanary): number {
  return (visitor * (field === "kana" ? 1 : LATIN_FIELDS.length) + fieldNumber(field)) * TAGS + runTag;
}

function fieldNumber(field: CanaryField): number {
  return field === "kana" ? 0 : LATIN_FIELDS.indexOf(field);
}

function readPayload(layout: Layout, candidate: string): FoundCanary | null {
  const checkAt = layout.prefix.length + layout.payloadLetters;
  const payload = numberOf(candidate.slice(layout.prefix.length, checkAt), layout);
  if (payload === null || payload >= VISITORS_MAX * layout.fields.length * TAGS) return null;
  for (const half of [0, 1]) {
    const start = checkAt + half * layout.halfLetters;
    const value = numberOf(candidate.slice(start, start + layout.halfLetters), layout);
    if (value === null || value > HALF_MAX) return null;
  }
  const visitorAndField = Math.floor(payload / TAGS);
  return {
    runTag: payload % TAGS,
    visitor: Math.floor(visitorAndField / layout.fields.length),
    field: layout.fields[visitorAndField % layout.fields.length]!,
  };
}

function halfOf(mac: string, start: number, layout: Layout): string {
  return digitsOf(Number.parseInt(mac.slice(start, start + 8), 16), layout, layout.halfLetters);
}

/** A reader's own canaries come by again and again. Room for the visitors of one VU who wait to read back; 4 MB. */
const KNOWN_MAX = 32_768;

function createBoundedMap(): Map<string, FoundCanary> {
  const map = new Map<string, FoundCanary>();
  const set = map.set.bind(map);
  map.set = (key, value) => {
    if (map.size >= KNOWN_MAX) map.clear();
    return set(key, value);
  };
  return map;
}
