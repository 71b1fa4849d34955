import type { Event, LossReason } from "../events/event.ts";

/**
 * What an engine gives to the code that both engines share. Everything that touches a socket, a clock or
 * a library that only one JavaScript engine has is behind this door; a port for k6 and one for Node.
 */
export interface EnginePort {
  /** Monotonic, whole microseconds from the run's start. */
  nowMicroseconds(): number;
  /** Ends early when the run is stopped. */
  sleepUntil(microseconds: number): Promise<void>;
  /** True once the run is to end early: nothing new is started, and who is under way ends as cut short. */
  isStopped(): boolean;
  /** Sends one request, follows nothing, never throws for what the network does. */
  send(request: OutgoingRequest): Promise<RawAnswer>;
  write(event: Event): void;
  primitives: Primitives;
}

/** Native in both JavaScript engines, but under other names. */
export interface Primitives {
  /** HMAC-SHA-256 in lower-case hexadecimal. */
  hmacSha256(key: string, message: string): string;
  sha256(message: string): string;
  /** Standard or URL alphabet, padding optional; bytes read as UTF-8, what is not UTF-8 replaced. */
  decodeBase64(text: string): string;
  /** Text or attribute of the first element that matches; null where none does. */
  selectHtml(html: string, selector: string, attribute: string | null): string | null;
}

export interface OutgoingRequest {
  method: string;
  url: string;
  /** Lower-case names; cookies included, as the visitor's jar says. */
  headers: Record<string, string>;
  body: string | null;
  timeoutSeconds: number;
  /** Drop the connection after so long: an impatient person. */
  abandonAfterSeconds: number | null;
  answerBytesMax: number;
}

export type RawAnswer = AnsweredRequest | LostRequest;

export interface RequestTimes {
  startedMicroseconds: number;
  sentMicroseconds: number | null;
  firstByteMicroseconds: number | null;
  endedMicroseconds: number;
}

export interface AnsweredRequest {
  kind: "answered";
  status: number;
  /** Lower-case names; repeated headers joined by ", ". `set-cookie` is in `cookies` only. */
  headers: Record<string, string>;
  cookies: AnswerCookie[];
  body: string;
  bodyBytes: number;
  times: RequestTimes;
}

export interface AnswerCookie {
  name: string;
  value: string;
  path: string | null;
  domain: string | null;
  isExpired: boolean;
}

export interface LostRequest {
  kind: "lost";
  reason: LossReason;
  times: RequestTimes;
  /** What came before it was lost: the redirects that were answered, as one answer. An engine's port leaves it out. */
  redirects?: AnsweredRequest;
}
