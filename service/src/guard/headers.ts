import type { Given } from "./exchange.ts";
import { TOKEN_CHARACTERS } from "./identity.ts";

/** What the guard needs of an answer's headers. */
export interface GivenHeaders {
  readonly type: string;
  readonly isUncacheable: boolean;
  /** The session token that is set, `ended` where the cookie is taken away, undefined where there is no cookie. */
  readonly session: string | "ended" | undefined;
}

/** Our own addresses: nobody's data stands in one; a ticket says nothing about a person. */
const ADDRESS = "/(me|member|join)?(\\?(ticket=[\\w.~%-]{1,512}&?)?(lang=[a-z]{2})?)?";
const LOCATION = new RegExp(`^${ADDRESS}$`);
const REFRESH = new RegExp(`^\\d{1,6}; ?url=${ADDRESS}$`, "i");
const SERVER_TIMING = /^[a-z]+;dur=[\d.]{1,16}(, [a-z]+;dur=[\d.]{1,16}){0,7}$/;
const COOKIE_ATTRIBUTES = /^(?:; (?:Path=\/|HttpOnly|SameSite=(?:Lax|Strict)|Secure|Max-Age=\d{1,9})){3,5}$/;

/** Headers whose values say nothing about a person: fixed texts of the service or of Node. */
const FIXED: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "date",
  "vary",
  "content-language",
  "content-security-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "origin-agent-cluster",
  "permissions-policy",
  "referrer-policy",
  "strict-transport-security",
  "x-content-type-options",
  "x-dns-prefetch-control",
  "x-download-options",
  "x-frame-options",
  "x-permitted-cross-domain-policies",
  "x-robots-tag",
  "allow",
]);

const SHAPES: Readonly<Record<string, RegExp>> = {
  location: LOCATION,
  refresh: REFRESH,
  "server-timing": SERVER_TIMING,
  "retry-after": /^\d{1,6}$/,
};
const SHAPED: ReadonlyMap<string, RegExp> = new Map(Object.entries(SHAPES));

/** Undefined where a header is unknown, or its value has not the shape it must have. */
export function readHeaders(given: Given): GivenHeaders | undefined {
  let type = "";
  let isUncacheable = false;
  let session: string | undefined;
  for (const [name, value] of given.headers) {
    if (name === "content-type") type = String(value);
    else if (name === "cache-control") isUncacheable = String(value).includes("no-store");
    else if (name === "set-cookie") {
      session = sessionIn(value);
      if (session === undefined) return undefined;
    } else if (!FIXED.has(name) && SHAPED.get(name)?.test(String(value)) !== true) return undefined;
  }
  return { type, isUncacheable, session };
}

const SESSION = "session=";

function sessionIn(value: string | readonly string[]): string | "ended" | undefined {
  const cookie = typeof value === "string" ? value : value.length === 1 ? (value[0] as string) : "";
  if (!cookie.startsWith(SESSION)) return undefined;
  const end = cookie.indexOf(";");
  const attributes = cookie.slice(end);
  if (!COOKIE_ATTRIBUTES.test(attributes) || !attributes.includes("; HttpOnly")) return undefined;
  if (end === SESSION.length) return attributes.includes("; Max-Age=0") ? "ended" : undefined;
  return end === SESSION.length + TOKEN_CHARACTERS ? cookie.slice(SESSION.length, end) : undefined;
}
