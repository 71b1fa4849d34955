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

/** A `Location` against the URL that gave it: absolute, scheme-relative, by path or relative to the folder. */
export function resolveRedirect(from: string, location: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return location;
  const [, scheme = "", authority = "", path = ""] = /^(https?:)\/\/([^/?#]*)([^?#]*)/i.exec(from) ?? [];
  if (location.startsWith("//")) return scheme + location;
  const origin = `${scheme}//${authority}`;
  if (location.startsWith("/")) return origin + removeDots(location);
  if (location.startsWith("?")) return `${origin}${path || "/"}${location}`;
  if (location.startsWith("#") || location === "") return from.replace(/#.*$/, "") + location;
  return origin + removeDots(path.replace(/[^/]*$/, "") + location, "/");
}

/** RFC 3986, 5.2.4. */
function removeDots(reference: string, lead = ""): string {
  const [, path = "", rest = ""] = /^([^?#]*)(.*)$/s.exec(reference) ?? [];
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [at, segment] of segments.entries()) {
    if (segment === "..") {
      if (kept.length > 1) kept.pop();
    } else if (segment !== ".") kept.push(segment);
    if (at === segments.length - 1 && (segment === "." || segment === "..")) kept.push("");
  }
  const joined = kept.join("/");
  return (joined.startsWith("/") ? joined : lead + joined) + rest;
}
