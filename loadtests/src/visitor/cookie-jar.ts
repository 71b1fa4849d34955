import type { AnswerCookie } from "../engine/port.ts";
import { hostOf } from "../target/allowed-url.ts";

/**
 * One visitor's cookies: RFC 6265 as far as a visit of minutes needs it (domain, path, deletion; no expiry
 * under way, no Secure). k6's own jar is reset with each iteration, undici has none, and tough-cookie does not run in k6.
 */
export interface CookieJar {
  store(cookies: readonly AnswerCookie[], url: string): void;
  /** The `cookie` header for this address; null where there is nothing to send. */
  headerFor(url: string): string | null;
  /** The same cookies with other values; null leaves a cookie out. */
  mapValues(change: (name: string, value: string) => string | null): CookieJar;
}

interface StoredCookie {
  name: string;
  value: string;
  domain: string;
  isHostOnly: boolean;
  path: string;
}

/** Browsers keep 50 and more a host; a target that sets endless cookies must not fill the generator's memory. */
const COOKIES_MAX = 100;

export function createCookieJar(initial: readonly StoredCookie[] = []): CookieJar {
  const stored = new Map<string, StoredCookie>();
  for (const cookie of initial) stored.set(identityOf(cookie), cookie);
  return {
    store(cookies, url) {
      if (cookies.length === 0) return;
      const host = hostOf(url);
      if (host === null) return;
      for (const cookie of cookies) {
        const entry = entryOf(cookie, host, pathOf(url));
        if (entry === null) continue;
        if (cookie.isExpired) stored.delete(identityOf(entry));
        else if (stored.has(identityOf(entry)) || stored.size < COOKIES_MAX)
          stored.set(identityOf(entry), entry);
      }
    },
    headerFor(url) {
      if (stored.size === 0) return null;
      const host = hostOf(url);
      if (host === null) return null;
      const path = pathOf(url);
      const sent = [...stored.values()].filter(
        (cookie) => isDomainMatched(cookie, host) && isPathMatched(cookie.path, path),
      );
      // Longer paths first (RFC 6265, section 5.4); the sort is stable, so that older cookies stay first.
      sent.sort((one, other) => other.path.length - one.path.length);
      return sent.length === 0 ? null : sent.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
    },
    mapValues(change) {
      const changed: StoredCookie[] = [];
      for (const cookie of stored.values()) {
        const value = change(cookie.name, cookie.value);
        if (value !== null) changed.push({ ...cookie, value });
      }
      return createCookieJar(changed);
    },
  };
}

function identityOf(cookie: StoredCookie): string {
  return `${cookie.domain};${cookie.path};${cookie.name}`;
}

/** Null where a host tries to set a cookie for somebody else's domain. */
function entryOf(cookie: AnswerCookie, hostname: string, requestPath: string): StoredCookie | null {
  const declared = cookie.domain?.replace(/^\./, "").toLowerCase() ?? "";
  const domain = declared === "" ? hostname : declared;
  if (hostname !== domain && !hostname.endsWith(`.${domain}`)) return null;
  const path = cookie.path?.startsWith("/") ? cookie.path : defaultPath(requestPath);
  return { name: cookie.name, value: cookie.value, domain, isHostOnly: declared === "", path };
}

function pathOf(url: string): string {
  return /^https?:\/\/[^/?#]*(\/[^?#]*)?/i.exec(url)?.[1] ?? "/";
}

function defaultPath(requestPath: string): string {
  const directory = requestPath.replace(/\/[^/]*$/, "");
  return directory === "" ? "/" : directory;
}

function isDomainMatched(cookie: StoredCookie, hostname: string): boolean {
  return cookie.domain === hostname || (!cookie.isHostOnly && hostname.endsWith(`.${cookie.domain}`));
}

function isPathMatched(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return path.length === cookiePath.length || cookiePath.endsWith("/") || path[cookiePath.length] === "/";
}
