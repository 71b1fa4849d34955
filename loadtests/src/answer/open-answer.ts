import type { AnsweredRequest, Primitives } from "../engine/port.ts";

/** An answer whose body is parsed at most once, and only when somebody asks. */
export interface OpenAnswer extends AnsweredRequest {
  /** The parsed body; undefined where it is no JSON. */
  json(): unknown;
  /** The same with long whole numbers as text: a double would round them, and two neighbours become one ID. */
  exactJson(): unknown;
  selectHtml: Primitives["selectHtml"];
}

export function openAnswer(raw: AnsweredRequest, { selectHtml }: Pick<Primitives, "selectHtml">): OpenAnswer {
  let parsed: { value: unknown } | null = null;
  return {
    kind: "answered",
    status: raw.status,
    headers: raw.headers,
    cookies: raw.cookies,
    body: raw.body,
    bodyBytes: raw.bodyBytes,
    times: raw.times,
    json() {
      parsed ??= { value: tryParse(raw.body) };
      return parsed.value;
    },
    exactJson: () => parseExactly(raw.body),
    selectHtml,
  };
}

const LONG_NUMBER = /([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g;

/** Inside a text the added quotes would end it, the parse fails, and the body is taken as it is. */
function parseExactly(body: string): unknown {
  return tryParse(body.replace(LONG_NUMBER, '$1"$2"')) ?? tryParse(body);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An answer that is no JSON has no pointers in it: that is a fact, not an error.
    return undefined;
  }
}
