import type { LossReason } from "../../events/event.ts";
import { UsageError } from "../../usage-error.ts";
import type { AnswerCookie, OutgoingRequest, RawAnswer, RequestTimes } from "../port.ts";
import { parseSetCookie } from "./answer-cookies.ts";
import { decodeBody } from "./decode-body.ts";
import { lossReason } from "./loss-reason.ts";

/** One request on the wire: the times of what happens to it, what has come of its answer, and how it ended. */
export class Exchange {
  /** Never rejects but with a UsageError. */
  readonly answer: Promise<RawAnswer>;
  readonly request: OutgoingRequest;
  readonly #now: () => number;
  readonly #times: RequestTimes;
  readonly #chunks: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #receivedBytes = 0;
  #status = 0;
  #headers: Record<string, string> = {};
  #cookies: AnswerCookie[] = [];
  #settle!: (answer: RawAnswer | Promise<never>) => void;
  #isSettled = false;
  #abort: () => void = () => {};

  constructor(request: OutgoingRequest, now: () => number) {
    this.request = request;
    this.#now = now;
    const startedMicroseconds = now();
    this.#times = {
      startedMicroseconds,
      sentMicroseconds: null,
      firstByteMicroseconds: null,
      endedMicroseconds: startedMicroseconds,
    };
    this.answer = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const patienceSeconds = request.abandonAfterSeconds ?? Infinity;
    const isImpatient = patienceSeconds < request.timeoutSeconds;
    const seconds = Math.min(patienceSeconds, request.timeoutSeconds);
    this.#timer = setTimeout(() => this.lose(isImpatient ? "abandoned" : "timeout"), seconds * 1e3);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Headers of the answer so far; lower-case names, repeated ones joined, without cookies. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** How to drop the connection; called when the exchange is lost, and at once where it is lost already. */
  abortWith(abort: () => void): void {
    this.#abort = abort;
    if (this.#isSettled) abort();
  }

  /** Ends the exchange without an answer; the connection goes with it. */
  lose(reason: LossReason): Promise<RawAnswer> {
    if (!this.#isSettled) {
      this.#finish({ kind: "lost", reason, times: this.#ended() });
      this.#abort();
    }
    return this.answer;
  }

  fail(error: unknown): void {
    if (this.#isSettled) return;
    const reason = lossReason(error, this.hasBegun);
    if (reason instanceof UsageError) this.#finish(Promise.reject(reason));
    else this.lose(reason);
  }

  noteSent(): void {
    this.#times.sentMicroseconds = this.#now();
  }

  noteFirstByte(): void {
    this.#times.firstByteMicroseconds ??= this.#now();
  }

  get hasBegun(): boolean {
    return this.#times.firstByteMicroseconds !== null;
  }

  takeStatus(status: number): void {
    this.#status = status;
  }

  takeHeader(name: string, value: string): void {
    if (name === "set-cookie") {
      const cookie = parseSetCookie(value, Date.now());
      if (cookie !== null) this.#cookies.push(cookie);
      return;
    }
    const before = this.#headers[name];
    this.#headers[name] = before === undefined ? value : `${before}, ${value}`;
  }

  /** Kept without a copy. */
  takeBody(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.request.answerBytesMax) void this.lose("too-large");
    else this.#chunks.push(chunk);
  }

  /** The answer is whole. */
  end(): void {
    if (this.#isSettled) return;
    const times = this.#ended();
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const body = decodeBody(bytes, this.#headers["content-encoding"], this.request.answerBytesMax);
    if (body.kind !== "decoded") {
      this.#finish({ kind: "lost", reason: body.kind === "broken" ? "bad-http" : "too-large", times });
      return;
    }
    this.#finish({
      kind: "answered",
      status: this.#status,
      headers: this.#headers,
      cookies: this.#cookies,
      body: utf8.decode(body.bytes),
      bodyBytes: body.bytes.length,
      times,
    });
  }

  #ended(): RequestTimes {
    return { ...this.#times, endedMicroseconds: this.#now() };
  }

  #finish(answer: RawAnswer | Promise<never>): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#settle(answer);
  }
}

// U+FEFF is part of what was sent, as in k6.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
