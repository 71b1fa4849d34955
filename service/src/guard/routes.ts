/** The routes the guard knows, and what each may answer: route × status → shape. Errors may come from every route. */
export type Route = keyof typeof TABLE;

export type Shape =
  /** A profile and the session that was opened for it; the request told the fields. */
  | "new-member"
  /** A profile and a new session; the request told the e-mail address. */
  | "signed-in"
  | "own-profile"
  | "own-card"
  /** HTML that shows the reader's own data. */
  | "own-page"
  /** Nothing but a session: the form's answer, which sends the new member on. */
  | "new-member-sent-on"
  /** HTML without anybody's data. */
  | "page"
  /** The session ended; no body, or sent on. */
  | "left"
  | "sent-on"
  | "notice"
  | "metrics"
  | "methods";

const TABLE = {
  "POST /signups": { 201: "new-member" },
  "GET /me": { 200: "own-profile" },
  "GET /members/:number/card": { 200: "own-card" },
  "POST /sessions": { 201: "signed-in" },
  "DELETE /sessions": { 204: "left" },
  "POST /sign-in-codes": { 202: "notice" },
  // What says no is a page from every route.
  "GET /": { 200: "page", 303: "sent-on" },
  "GET /join": { 200: "page", 303: "sent-on" },
  "POST /join": { 200: "page", 303: "new-member-sent-on" },
  "GET /member": { 200: "own-page", 303: "sent-on" },
  "POST /leave": { 303: "left" },
  "GET /healthz": { 200: "notice", 503: "notice" },
  "GET /readyz": { 200: "notice", 503: "notice" },
  "GET /metrics": { 200: "metrics" },
  other: {},
} as const satisfies Record<string, Readonly<Record<number, Shape>>>;

const ROUTES: ReadonlySet<string> = new Set(Object.keys(TABLE));

export function shapeFor(route: Route, status: number): Shape | undefined {
  return (TABLE[route] as Readonly<Record<number, Shape>>)[status];
}

/** From the request line alone, forgiving what Express forgives: case, a slash at the end, the absolute form, HEAD. */
export function routeOf(method: string, url: string): Route {
  const verb = method === "HEAD" ? "GET" : method;
  const exact = `${verb} ${url}`;
  if (ROUTES.has(exact)) return exact as Route;
  const path = pathOf(url);
  const route = `${verb} ${path}`;
  if (ROUTES.has(route)) return route as Route;
  return verb === "GET" && CARD.test(path) ? "GET /members/:number/card" : "other";
}

const CARD = /^\/members\/[^/]+\/card$/;

function pathOf(url: string): string {
  const scheme = url.startsWith("/") ? -1 : url.indexOf("://");
  const from = scheme < 0 ? 0 : url.indexOf("/", scheme + 3);
  if (from < 0) return "/";
  const path = url.slice(from).split(/[?#]/, 1)[0]?.toLowerCase() ?? "";
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
