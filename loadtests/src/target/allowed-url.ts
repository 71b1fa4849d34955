import type { Target } from "./target.ts";

/** Whether a URL (of a step, or of a redirect) leads to one of the target's hosts. k6's engine has no URL class. */
export function isAllowedUrl(target: Pick<Target, "hosts">, url: string): boolean {
  const host = hostOf(url);
  if (host === null) return false;
  return target.hosts.includes(host) || target.hosts.some((allowed) => allowed.toLowerCase() === host);
}

/**
 * Host name of an http(s) URL in lower case, IPv6 without its brackets; null where it is anything else. User names,
 * backslashes and control characters are refused, because parsers disagree on where the host then begins.
 */
export function hostOf(url: string): string | null {
  const origin = originOf(url);
  // A run speaks to a few hosts, thousands of times each, and groups of a pattern are dear in k6's engine.
  let host = hostsByOrigin.get(origin);
  if (host === undefined) {
    host = hostOfOrigin(origin);
    if (hostsByOrigin.size >= ORIGINS_MAX) hostsByOrigin.clear();
    hostsByOrigin.set(origin, host);
  }
  return host === null || CONFUSING.test(url) ? null : host;
}

/** The URL up to its path, where it has one: behind the two slashes of `https://` the first slash begins it. */
export function originOf(url: string): string {
  const pathAt = url.indexOf("/", "https://".length);
  return pathAt < 0 ? url : url.slice(0, pathAt);
}

const hostsByOrigin = new Map<string, string | null>();
/** A target may redirect everybody to a host of their own. */
const ORIGINS_MAX = 256;
const CONFUSING = /[\\\x00-\x20]/;

function hostOfOrigin(origin: string): string | null {
  const match = /^https?:\/\/(?:\[([0-9a-f:.]+)\]|([^/?#@:[\]\\\s]+))(?::\d{1,5})?(?:[?#]|$)/i.exec(origin);
  return match ? (match[1] ?? match[2]!).toLowerCase() : null;
}
