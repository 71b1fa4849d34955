/** A `Location` against the address that gave it (RFC 3986, section 5.2). k6's engine has no URL class. */
export function resolveLocation(from: string, location: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return location;
  const [, scheme = "", authority = "", path = "", query = ""] =
    /^(https?:)\/\/([^/?#]*)([^?#]*)([^#]*)/i.exec(from) ?? [];
  const reference = location.replace(/#.*$/, "");
  if (reference.startsWith("//")) return scheme + reference;
  const origin = `${scheme}//${authority}`;
  if (reference === "") return origin + (path || "/") + query;
  if (reference.startsWith("?")) return origin + (path || "/") + reference;
  if (reference.startsWith("/")) return origin + withoutDots(reference);
  return origin + withoutDots((path || "/").replace(/[^/]*$/, "") + reference);
}

/** RFC 3986, section 5.2.4. */
function withoutDots(reference: string): string {
  const [, path = "", query = ""] = /^([^?]*)(.*)$/s.exec(reference) ?? [];
  const segments = path.split("/").slice(1);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isDots = segment === "." || segment === "..";
    if (segment === "..") kept.pop();
    if (!isDots) kept.push(segment);
    else if (index === segments.length - 1) kept.push("");
  }
  return `/${kept.join("/")}${query}`;
}
