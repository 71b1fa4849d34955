import type { Place } from "./target.ts";

/** What a place may look like in a target file, for a person who wrote something else. */
export const PLACE_FORMS =
  "json:/pointer, header:name, cookie:name, html:selector, html:selector@attribute or pattern:regular expression";

/** The short spelling of a place; a sentence where it is none. */
export function parsePlace(text: string): Place | { wrong: string } {
  const [, kind = "", rest = ""] = /^(json|header|cookie|html|pattern):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case "json":
      return rest === "" || rest.startsWith("/")
        ? { json: rest }
        : { wrong: `found the JSON pointer ${JSON.stringify(rest)}, expected it to begin with "/"` };
    case "header":
      return rest ? { header: rest.toLowerCase() } : { wrong: "found no header name after header:" };
    case "cookie":
      return rest ? { cookie: rest } : { wrong: "found no cookie name after cookie:" };
    case "html":
      return parseHtml(rest);
    case "pattern": {
      const wrong = wrongPattern(rest);
      return wrong ? { wrong } : { pattern: rest };
    }
    default:
      return { wrong: `found ${JSON.stringify(text)}, expected one of ${PLACE_FORMS}` };
  }
}

/** Null where the pattern compiles in both JavaScript engines; else a sentence. */
export function wrongPattern(source: string): string | null {
  if (source === "") return "found an empty pattern, which is everywhere";
  if (/\\[pP]\{/.test(source)) {
    return `found \\p{…} in the pattern, which k6's engine does not have; write the characters, as in [ァ-ヶ]`;
  }
  try {
    new RegExp(source);
    return null;
  } catch (error) {
    return `found a pattern that is no regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function parseHtml(rest: string): Place | { wrong: string } {
  const [, selector = "", attribute] = /^(.*?)(?:@([\w:-]+))?$/s.exec(rest) ?? [];
  if (selector.trim() === "") return { wrong: "found no selector after html:" };
  return attribute === undefined ? { html: selector } : { html: selector, attribute };
}
