import type { AnswerCookie } from "../port.ts";

/** One `set-cookie` line (RFC 6265, section 5.2); null where it names no cookie. Quotes are taken off, as k6 does. */
export function parseSetCookie(line: string, nowMilliseconds: number): AnswerCookie | null {
  const [pair = "", ...attributes] = line.split(";");
  const equals = pair.indexOf("=");
  const name = pair.slice(0, equals).trim();
  if (equals < 1 || name === "") return null;
  const value = pair
    .slice(equals + 1)
    .trim()
    .replace(/^"(.*)"$/, "$1");
  const named = new Map(attributes.map(splitAttribute));
  return {
    name,
    value,
    path: named.get("path") || null,
    domain: named.get("domain") || null,
    isExpired: isExpired(named.get("max-age"), named.get("expires"), nowMilliseconds),
  };
}

function splitAttribute(attribute: string): [string, string] {
  const [name = "", ...value] = attribute.split("=");
  return [name.trim().toLowerCase(), value.join("=").trim()];
}

/** Max-Age counts before Expires. */
function isExpired(
  maxAge: string | undefined,
  expires: string | undefined,
  nowMilliseconds: number,
): boolean {
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Number(maxAge) <= 0;
  const at = expires === undefined ? Number.NaN : Date.parse(expires);
  return at <= nowMilliseconds;
}
