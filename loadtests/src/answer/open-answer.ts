import type { AnsweredRequest, Primitives } from "../engine/port.ts";

/** An answer whose body is parsed at most once, and only when somebody asks. */
export interface OpenAnswer extends AnsweredRequest {
  /** The parsed body; undefined where it is no JSON. */
  json(): unknown;
  selectHtml: Primitives["selectHtml"];
}

export function openAnswer(raw: AnsweredRequest, { selectHtml }: Pick<Primitives, "selectHtml">): OpenAnswer {
  let parsed: { value: unknown } | null = null;
  return {
    ...raw,
    json() {
      parsed ??= { value: parseJson(raw.body) };
      return parsed.value;
    },
    selectHtml,
  };
}

/** Whole numbers that a double would round: two neighbours would become one ID. */
const LONG_DIGITS = /[:[,]\s*-?\d{16}/;
const LONG_NUMBER = /([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g;

function parseJson(body: string): unknown {
  const start = body.trimStart()[0] ?? "";
  if (!/[[{"\-\dtfn]/.test(start)) return undefined;
  if (LONG_DIGITS.test(body)) {
    // Inside a text the added quotes would end it, the parse fails, and the body is taken as it is.
    const quoted = tryParse(body.replace(LONG_NUMBER, '$1"$2"'));
    if (quoted !== undefined) return quoted;
  }
  return tryParse(body);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An answer that is no JSON has no pointers in it: that is a fact, not an error.
    return undefined;
  }
}
