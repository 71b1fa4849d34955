import type { IncomingMessage, ServerResponse } from "node:http";

/** What is turned away before anything looks at it. The label of `crowdproof_edge_refusals_total`. */
export const REFUSALS = {
  /** Absolute, empty or `*`: a proxy in front of us may read another host in it than we do. */
  target: { status: 400, detail: "The request's target must be a path." },
  "target-too-long": { status: 414, detail: "The path is too long." },
  host: { status: 400, detail: "Send one Host." },
  "transfer-encoding": { status: 501, detail: "Send the body as it is, or chunked." },
  method: { status: 405, detail: "There is no such method here." },
  /** Nobody honest; the connection is closed without a word. */
  pipelined: { status: 429, detail: "Wait for the answers." },
  "cross-site": { status: 403, detail: "This was sent by another site's page." },
} as const;
export type Refusal = keyof typeof REFUSALS;

const METHODS: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "POST", "DELETE"]);
/** The longest is the wait page's with its ticket: below 700. */
const TARGET_CHARACTERS_MAX = 2_048;
const PATH = /^\/(?!\/)[!-~]*$/;
const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Undefined for a request that may go in. */
export function refusalOf(req: IncomingMessage): Refusal | undefined {
  const { method, url = "", headers } = req;
  if (url.length > TARGET_CHARACTERS_MAX) return "target-too-long";
  if (!PATH.test(url) || url.includes("\\")) return "target";
  if (!METHODS.has(method)) return "method";
  if (!hasOneHost(req)) return "host";
  // Node refuses it beside a Content-Length, and where chunked is not last; `gzip, chunked` is the rest.
  if ((headers["transfer-encoding"] ?? "chunked").toLowerCase() !== "chunked") return "transfer-encoding";
  if (method !== "GET" && method !== "HEAD" && isFromAnotherSite(headers)) return "cross-site";
  return undefined;
}

/** Node keeps the first of several, a proxy perhaps the last. */
function hasOneHost({ rawHeaders, headers: { host } }: IncomingMessage): boolean {
  if (host === undefined || !HOST.test(host)) return false;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts === 1;
}

/**
 * A page of another site can have a browser send a form here, with our cookie or (to sign its visitor in as somebody
 * else) without. Browsers say so in headers that no page can set; programs send neither. The scheme of Origin is not
 * compared: TLS ends before us.
 */
function isFromAnotherSite({ origin, host, "sec-fetch-site": site }: IncomingMessage["headers"]): boolean {
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  return origin !== undefined && origin.replace(/^https?:\/\//, "") !== host;
}

/** A constant answer; what came after such a head is not read as a request. */
export function refuse(res: ServerResponse, refusal: Refusal): void {
  const { status, detail } = REFUSALS[refusal];
  const text = JSON.stringify({ code: refusal, detail });
  res.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store, private",
    Connection: "close",
    ...(status === 405 ? { Allow: "GET, HEAD, POST, DELETE" } : {}),
  });
  res.end(text);
}
