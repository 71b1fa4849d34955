import type { Target } from "./target.ts";

/** Whether a URL (of a step, or of a redirect) leads to one of the target's hosts. k6's engine has no URL class. */
export function isAllowedUrl(target: Pick<Target, "hosts">, url: string): boolean {
  const host = hostOf(url);
  return host !== null && target.hosts.some((allowed) => allowed.toLowerCase() === host);
}

/**
 * Host name of an http(s) URL in lower case, IPv6 without its brackets; null where it is anything else. User names,
 * backslashes and control characters are refused, because parsers disagree on where the host then begins.
 */
export function hostOf(url: string): string | null {
  const match = /^https?:\/\/(?:\[([0-9a-f:.]+)\]|([^/?#@:[\]\\\s]+))(?::\d{1,5})?(?:[/?#]|$)/i.exec(url);
  if (!match || /[\\\x00-\x20]/.test(url)) return null;
  return (match[1] ?? match[2]!).toLowerCase();
}
