import type { AnsweredRequest, OutgoingRequest, RawAnswer } from "../engine/port.ts";
import { isAllowedUrl } from "../target/allowed-url.ts";
import { cookieHeader } from "./cookie-jar.ts";
import type { EngineContext, StepRequest } from "./engine-context.ts";
import { resolveLocation } from "./resolve-location.ts";
import { type Given, remember, type VisitorMemory } from "./visitor-memory.ts";

/** One request with the redirects that were followed, as one answer. */
export interface Exchange {
  /**
   * The last hop's answer, with every hop's cookies. Sent and first byte are those of the first hop: that is when the
   * target works on a signup. The places redirects led to stay in `location`, so that a canary in one is found, also
   * where they led to no answer.
   */
  raw: RawAnswer;
  /** By the address that set them. */
  cookies: Given["cookies"];
}

/** One hop's address, and what came back from it. */
interface Hop {
  url: string;
  raw: RawAnswer;
}

/**
 * Sends and follows redirects here, because the engines would follow them differently: only to the target's
 * hosts, with the visitor's own cookies, each hop an attempt of its own.
 */
export async function follow(
  context: EngineContext,
  asked: StepRequest,
  first: OutgoingRequest,
): Promise<Exchange> {
  const { target } = context.plan;
  const redirectsMax = asked.sending.step.redirects;
  const startedMicroseconds = context.port.nowMicroseconds();
  const hops: Hop[] = [];
  let memory = asked.memory;
  let request = first;
  while (true) {
    // Also of the first: a verification link is an address that the target gave.
    const isOurs = asked.sending.step.isMail === true && hops.length === 0;
    if (!isOurs && !isAllowedUrl(target, request.url))
      return lostExchange(context, hops, "redirect-elsewhere");
    const raw = await sendHop(context, asked, request, hops.length, memory);
    hops.push({ url: request.url, raw });
    const next = raw.kind === "lost" || redirectsMax === 0 ? null : redirectOf(request, raw);
    if (raw.kind === "lost" || next === null) return exchangeOf(hops, raw);
    if (hops.length > redirectsMax) return lostExchange(context, hops, "too-many-redirects");
    memory = remember(memory, { cookies: [{ url: request.url, cookies: raw.cookies }], captured: {} });
    request = withTimeLeft(next, first, (raw.times.endedMicroseconds - startedMicroseconds) / 1e6);
  }
}

function sendHop(
  context: EngineContext,
  { visitor, request: number, sending: { step } }: StepRequest,
  request: OutgoingRequest,
  hop: number,
  memory: VisitorMemory,
): Promise<RawAnswer> {
  const { port, plan } = context;
  const traceId = port.primitives.sha256(`${plan.runId}/${visitor}`).slice(0, 32);
  // Copied where a redirect may ask for the same again; a copy is dear in k6's engine.
  const isOnly = step.redirects === 0;
  const headers = isOnly ? request.headers : { ...request.headers };
  // Each attempt has a name of its own: what a library sends twice without telling shows at the server.
  headers["x-crowdproof-attempt"] = `${visitor}-${number}-${hop}`;
  headers["traceparent"] = `00-${traceId}-${hex(visitor)}${hex(number * HOPS_MAX + hop)}-01`;
  const cookies = cookieHeader(memory.jar, request.url);
  if (cookies !== null) headers["cookie"] = headers["cookie"] ? `${headers["cookie"]}; ${cookies}` : cookies;
  return port.send(isOnly ? request : { ...request, headers });
}

/** For numbering spans only. */
const HOPS_MAX = 256;

function hex(value: number): string {
  return value.toString(16).padStart(8, "0").slice(-8);
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** The request a redirect asks for; null where the answer is none. */
function redirectOf(request: OutgoingRequest, answer: AnsweredRequest): OutgoingRequest | null {
  const location = answer.headers["location"];
  if (!REDIRECTS.includes(answer.status) || location === undefined) return null;
  const url = resolveLocation(request.url, location.trim());
  const isReadOnly = request.method === "GET" || request.method === "HEAD";
  if (answer.status >= 307 || isReadOnly) return { ...request, url };
  // As browsers have always done: after 301 and 302, as after 303, a POST becomes a GET without its body.
  const { "content-type": _type, ...headers } = request.headers;
  return { ...request, url, method: "GET", body: null, headers };
}

/** Time-out and patience are those of the whole step, not of each hop. */
function withTimeLeft(next: OutgoingRequest, first: OutgoingRequest, spentSeconds: number): OutgoingRequest {
  const left = (seconds: number) => Math.max(0.001, seconds - spentSeconds);
  return {
    ...next,
    timeoutSeconds: left(first.timeoutSeconds),
    abandonAfterSeconds: first.abandonAfterSeconds === null ? null : left(first.abandonAfterSeconds),
  };
}

function exchangeOf(hops: readonly Hop[], last: RawAnswer): Exchange {
  const first = hops[0]?.raw ?? last;
  if (hops.length === 1 && first === last) {
    return {
      raw: last,
      cookies: last.kind === "answered" ? [{ url: hops[0]!.url, cookies: last.cookies }] : [],
    };
  }
  const times = { ...first.times, endedMicroseconds: last.times.endedMicroseconds };
  const cookies: Exchange["cookies"] = [];
  const locations: string[] = [];
  let answered: AnsweredRequest | null = null;
  for (const { url, raw } of hops) {
    if (raw.kind === "lost") continue;
    answered = raw;
    cookies.push({ url, cookies: raw.cookies });
    locations.push(...(raw.headers["location"] === undefined ? [] : [raw.headers["location"]]));
  }
  if (answered === null) return { raw: { ...last, times }, cookies };
  const headers = { ...answered.headers, location: locations.join(", ") };
  const together = { ...answered, times, headers, cookies: cookies.flatMap((set) => set.cookies) };
  return { raw: last.kind === "lost" ? { ...last, times, redirects: together } : together, cookies };
}

function lostExchange(
  context: EngineContext,
  hops: readonly Hop[],
  reason: "redirect-elsewhere" | "too-many-redirects",
): Exchange {
  const now = context.port.nowMicroseconds();
  const unsent = { startedMicroseconds: now, sentMicroseconds: null, firstByteMicroseconds: null };
  const times = hops.at(-1)?.raw.times ?? { ...unsent, endedMicroseconds: now };
  return exchangeOf(hops, { kind: "lost", reason, times });
}
