import crypto from "k6/crypto";
import encoding from "k6/encoding";
import exec from "k6/execution";
import { parseHTML } from "k6/html";
import http, { type RefinedResponse } from "k6/http";
import type { EnginePort, OutgoingRequest, Primitives, RawAnswer, RequestTimes } from "../src/engine/port.ts";
import type { Event, LossReason } from "../src/events/event.ts";
import { type K6Cookie, readCookies } from "./answer-cookies.ts";
import type { RunClock } from "./clock.ts";
import { exhaustion, lossReason } from "./loss-reason.ts";

export interface K6PortOptions {
  clock: RunClock;
  isStopped(): boolean;
  /** Sees every answer of the target. */
  watchTarget(answer: RawAnswer): void;
  write(event: Event): void;
}

/** The port, and what only the script around it may do. */
export interface K6Port extends EnginePort {
  /** Requests under way are given up: k6 cannot abort them, but nobody waits for them any more. */
  abandonAll(): void;
}

/** The door between the shared code and k6: `http.asyncRequest` for sockets, the event loop for waiting. */
export function createK6Port({ clock, isStopped, watchTarget, write }: K6PortOptions): K6Port {
  const underWay = new Set<() => void>();
  return {
    nowMicroseconds: clock.nowMicroseconds,
    sleepUntil: clock.sleepUntil,
    isStopped,
    send(request) {
      // One promise around k6's own: each of them costs 3 to 10 µs.
      return new Promise((resolve) => {
        const startedMicroseconds = clock.nowMicroseconds();
        const abandon = () => resolve(lost("abandoned", startedMicroseconds, clock.nowMicroseconds()));
        const end = (answer: RawAnswer) => {
          // Whoever is due is started first: reading an answer takes longer than anybody may be late.
          clock.wakeDue();
          underWay.delete(abandon);
          watchTarget(answer);
          resolve(answer);
        };
        underWay.add(abandon);
        // k6 rejects or throws where it cannot make a response at all: 101 Switching Protocols.
        const fail = () => end(lost("bad-http", startedMicroseconds, clock.nowMicroseconds()));
        try {
          ask(request).then(
            (response) => end(read(response, request, startedMicroseconds, clock.nowMicroseconds())),
            fail,
          );
        } catch {
          fail();
        }
      });
    },
    write,
    primitives,
    abandonAll() {
      for (const abandon of underWay) abandon();
      underWay.clear();
    },
  };
}

// U+FEFF is part of what was sent, as in the other engine.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export const primitives: Primitives = {
  hmacSha256: (key, message) => crypto.hmac("sha256", key, message, "hex"),
  sha256: (message) => crypto.sha256(message, "hex"),
  decodeBase64,
  selectHtml,
};

function ask(request: OutgoingRequest): Promise<RefinedResponse<"binary">> {
  return http.asyncRequest(request.method, request.url, request.body, {
    headers: request.headers,
    redirects: 0,
    responseType: "binary",
    // Nothing is "expected" or "failed" here: what an answer means is the target file's to say.
    responseCallback: null as never,
    // The VU's own jar would collect the cookies of all its visitors.
    jar: new http.CookieJar(),
    // Go reads 0 as "no time at all"; a millisecond is the shortest patience that reaches the network.
    timeout: Math.max(1, patienceSeconds(request) * 1_000),
  });
}

function patienceSeconds({ timeoutSeconds, abandonAfterSeconds }: OutgoingRequest): number {
  return abandonAfterSeconds === null ? timeoutSeconds : Math.min(timeoutSeconds, abandonAfterSeconds);
}

function read(
  response: RefinedResponse<"binary">,
  request: OutgoingRequest,
  startedMicroseconds: number,
  now: number,
): RawAnswer {
  const { status } = response;
  const times = timesOf(response, status, startedMicroseconds, now);
  if (status !== 0) return answered(response, status, request.answerBytesMax, times);
  const failure = { code: response.error_code, message: response.error };
  const exhausted = exhaustion(failure);
  if (exhausted !== null) exec.test.abort(exhausted);
  const reason = lossReason(failure);
  const isAbandonedFirst = patienceSeconds(request) < request.timeoutSeconds;
  return { kind: "lost", reason: reason === "timeout" && isAbandonedFirst ? "abandoned" : reason, times };
}

function lost(reason: LossReason, startedMicroseconds: number, endedMicroseconds: number): RawAnswer {
  const times = {
    startedMicroseconds,
    sentMicroseconds: null,
    firstByteMicroseconds: null,
    endedMicroseconds,
  };
  return { kind: "lost", reason, times };
}

function answered(
  response: RefinedResponse<"binary">,
  status: number,
  bytesMax: number,
  times: RequestTimes,
): RawAnswer {
  const bytes = response.body ?? null;
  const bodyBytes = bytes === null ? 0 : bytes.byteLength;
  // Only after the fact: k6 has no limit for a body but the request's time.
  if (bodyBytes > bytesMax) return { kind: "lost", reason: "too-large", times };
  const given = response.headers;
  const names = Object.keys(given);
  const headers: Record<string, string> = {};
  let hasCookies = false;
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!.toLowerCase();
    if (name === "set-cookie") hasCookies = true;
    else headers[name] = given[names[at]!]!;
  }
  return {
    kind: "answered",
    status,
    headers,
    // @types/k6 says maxAge where k6 has max_age.
    cookies: hasCookies
      ? readCookies(response.cookies as unknown as Record<string, K6Cookie[]>, Date.now())
      : [],
    body: bytes === null || bodyBytes === 0 ? "" : utf8.decode(bytes),
    bodyBytes,
    times,
  };
}

/**
 * k6 times a request in Go: blocked (which holds resolving, connecting and the handshake), sending, waiting, receiving.
 * Their sum is the end as the socket saw it; the moment JavaScript hears of it lies later by the event loop's lag,
 * which is the generator's and must not be taken for the target's.
 */
function timesOf(
  response: RefinedResponse<"binary">,
  status: number,
  startedMicroseconds: number,
  now: number,
): RequestTimes {
  const { blocked, sending, waiting, receiving } = response.timings;
  const wasSent = sending > 0 || waiting > 0;
  const hasBegun = wasSent && (receiving > 0 || status !== 0);
  const after = (milliseconds: number) =>
    Math.min(now, startedMicroseconds + Math.round(milliseconds * 1_000));
  return {
    startedMicroseconds,
    sentMicroseconds: wasSent ? after(blocked + sending) : null,
    firstByteMicroseconds: hasBegun ? after(blocked + sending + waiting) : null,
    endedMicroseconds: wasSent ? after(blocked + sending + waiting + receiving) : now,
  };
}

/** Go refuses the whole of what Node reads up to the first odd character, and a last character left over. */
function decodeBase64(text: string): string {
  const isUrl = text.indexOf("-") >= 0 || text.indexOf("_") >= 0;
  try {
    return encoding.b64decode(text, isUrl ? "rawurl" : "rawstd", "s");
  } catch {
    return decodeLeniently(text);
  }
}

function decodeLeniently(text: string): string {
  let standard = text
    .replace(/-/g, "+")
    .replace(/_/g, "/")
    .replace(/[^A-Za-z0-9+/]/g, "");
  if (standard.length % 4 === 1) standard = standard.slice(0, -1);
  return encoding.b64decode(standard, "rawstd", "s");
}

function selectHtml(html: string, selector: string, attribute: string | null): string | null {
  const first = parseHTML(html).find(selector).first();
  if (first.size() === 0) return null;
  return attribute === null ? first.text() : (first.attr(attribute) ?? null);
}
