import type { AnswerCookie } from "../engine/port.ts";
import { hostOf, originOf } from "../target/allowed-url.ts";

/**
 * One visitor's cookies, oldest first: RFC 6265 as far as a visit of minutes needs it (domain, path, deletion; no expiry
 * under way, no Secure). k6's own jar is reset with each iteration, undici has none, and tough-cookie does not run in k6.
 * A value, not an object with methods: thousands of visitors have one each, and most are empty.
 */
export type CookieJar = readonly StoredCookie[];

export interface StoredCookie {
  name: string;
  value: string;
  domain: string;
  isHostOnly: boolean;
  path: string;
}

export const EMPTY_JAR: CookieJar = [];

/** Browsers keep 50 and more a host; a target that sets endless cookies must not fill the generator's memory. */
const COOKIES_MAX = 100;

/** The jar after an answer from this address set these cookies. */
export function withCookies(jar: CookieJar, cookies: readonly AnswerCookie[], url: string): CookieJar {
  const host = cookies.length === 0 ? null : hostOf(url);
  if (host === null) return jar;
  const requestPath = pathOf(url);
  const stored = jar.slice();
  for (let at = 0; at < cookies.length; at++) {
    const cookie = cookies[at]!;
    const entry = entryOf(cookie, host, requestPath);
    if (entry !== null) store(stored, entry, cookie.isExpired);
  }
  return stored;
}

function store(stored: StoredCookie[], entry: StoredCookie, isExpired: boolean): void {
  const at = stored.findIndex(
    ({ name, path, domain }) => name === entry.name && path === entry.path && domain === entry.domain,
  );
  if (at < 0) {
    if (!isExpired && stored.length < COOKIES_MAX) stored.push(entry);
  } else if (isExpired) stored.splice(at, 1);
  else stored[at] = entry;
}

/** The `cookie` header for this address; null where there is nothing to send. */
export function cookieHeader(jar: CookieJar, url: string): string | null {
  const host = jar.length === 0 ? null : hostOf(url);
  if (host === null) return null;
  const path = pathOf(url);
  const sent = jar.filter((cookie) => isDomainMatched(cookie, host) && isPathMatched(cookie.path, path));
  // Longer paths first (RFC 6265, section 5.4); the sort is stable, so that older cookies stay first.
  if (sent.length > 1) sent.sort((one, other) => other.path.length - one.path.length);
  return sent.length === 0 ? null : sent.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
}

/** The same cookies with other values. */
export function withCookieValues(jar: CookieJar, change: (name: string, value: string) => string): CookieJar {
  return jar.map((cookie) => ({ ...cookie, value: change(cookie.name, cookie.value) }));
}

/** Null where a host tries to set a cookie for somebody else's domain. */
function entryOf(cookie: AnswerCookie, hostname: string, requestPath: string): StoredCookie | null {
  const declared = cookie.domain === null ? "" : cookie.domain.replace(/^\./, "").toLowerCase();
  const domain = declared === "" ? hostname : declared;
  if (hostname !== domain && !hostname.endsWith(`.${domain}`)) return null;
  const path = cookie.path?.startsWith("/") ? cookie.path : defaultPath(requestPath);
  return { name: cookie.name, value: cookie.value, domain, isHostOnly: declared === "", path };
}

/** Of a URL that has a host, without its query. */
function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  const plain = end < 0 ? url : url.slice(0, end);
  return plain.slice(originOf(plain).length) || "/";
}

function defaultPath(requestPath: string): string {
  const lastSlash = requestPath.lastIndexOf("/");
  return lastSlash <= 0 ? "/" : requestPath.slice(0, lastSlash);
}

function isDomainMatched(cookie: StoredCookie, hostname: string): boolean {
  return cookie.domain === hostname || (!cookie.isHostOnly && hostname.endsWith(`.${cookie.domain}`));
}

function isPathMatched(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return path.length === cookiePath.length || cookiePath.endsWith("/") || path[cookiePath.length] === "/";
}
