import type { LossReason } from "../src/events/event.ts";

/** What k6 tells of a request that got no answer, or not a whole one. */
export interface K6Failure {
  /** https://grafana.com/docs/k6/latest/javascript-api/error-codes */
  code: number;
  message: string;
}

/**
 * k6's error codes are about TCP, TLS and HTTP/2; what HTTP/1.1 does wrong is 1000 with Go's own sentence.
 * First match decides.
 */
const REASONS: { codes?: [number, number]; message?: RegExp; reason: LossReason }[] = [
  // Content-Encoding says one thing and the bytes another.
  { codes: [1701, 1701], reason: "bad-http" },
  { codes: [1050, 1050], reason: "timeout" },
  { codes: [1211, 1211], reason: "timeout" },
  { message: /context deadline exceeded|Client\.Timeout|i\/o timeout/, reason: "timeout" },
  { codes: [1212, 1213], reason: "connection-refused" },
  { codes: [1100, 1111], reason: "not-resolved" },
  { codes: [1201, 1201], reason: "reset" },
  { codes: [1220, 1220], reason: "reset" },
  { message: /connection reset by peer|broken pipe/, reason: "reset" },
  { message: /malformed|invalid|unsupported|bad |too large|exceeded|illegal/i, reason: "bad-http" },
  { message: /unexpected EOF/, reason: "cut" },
  // The connection was closed in an orderly way, and no byte of an answer came.
  { message: /\bEOF\b|server closed|connection broken|use of closed/, reason: "reset" },
  { codes: [1200, 1202], reason: "reset" },
  { codes: [1210, 1210], reason: "connection-refused" },
  // GOAWAY and connections; a stream that the server gave up.
  { codes: [1610, 1699], reason: "reset" },
];

/** Why the answer was lost, in the words both engines share; what nothing matches is `bad-http`. */
export function lossReason({ code, message }: K6Failure): LossReason {
  const row = REASONS.find(({ codes, message: pattern }) => {
    if (codes && (code < codes[0] || code > codes[1])) return false;
    return pattern === undefined || pattern.test(message);
  });
  return row?.reason ?? "bad-http";
}

/** The generator's own limits: no answer of the target is lost by them, the run is just not possible like this. */
const EXHAUSTED: { message: RegExp; sentence: string }[] = [
  {
    message: /too many open files/,
    sentence:
      "no file descriptors are left for sockets; raise the limit with `ulimit -n 65536`, or lower --scale",
  },
  {
    message: /cannot assign requested address/,
    sentence:
      "no local ports are left for sockets; use kept connections in the target file, or lower --scale",
  },
];

/** What to do about it, where it was this machine that could not; null where it was not. */
export function exhaustion({ message }: K6Failure): string | null {
  return EXHAUSTED.find((row) => row.message.test(message))?.sentence ?? null;
}
