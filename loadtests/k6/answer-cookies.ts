import type { AnswerCookie } from "../src/engine/port.ts";

/** As k6 gives it. */
export interface K6Cookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  max_age: number;
  /** Milliseconds since 1970. */
  expires: number;
}

/**
 * k6 counts an expiry in 64-bit nanoseconds: none at all, and years beyond 2262, come out as dates long before 1900
 * (9999-12-31, "never", as 1816). Nobody expires a cookie with such a date; 1 January 1970 is what is used.
 */
const EXPIRES_MS_MIN = Date.UTC(1900, 0, 1);

/** Cookies of one answer; those of one name stay in the order they came in. */
export function readCookies(cookies: Record<string, K6Cookie[]>, nowMs: number): AnswerCookie[] {
  const read: AnswerCookie[] = [];
  for (const name of Object.keys(cookies).sort()) {
    for (const cookie of cookies[name]!) read.push(readCookie(cookie, nowMs));
  }
  return read;
}

function readCookie({ name, value, domain, path, max_age, expires }: K6Cookie, nowMs: number): AnswerCookie {
  // Go: below zero is "Max-Age=0 or less", zero is "no Max-Age", which is when Expires counts.
  const isPastDate = max_age === 0 && expires > EXPIRES_MS_MIN && expires <= nowMs;
  return {
    name,
    value,
    path: path === "" ? null : path,
    domain: domain === "" ? null : domain,
    isExpired: max_age < 0 || isPastDate,
  };
}
