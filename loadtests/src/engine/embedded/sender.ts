import type { Socket } from "node:net";
import { type buildConnector, Client, type Dispatcher, Pool } from "undici";
import type { LossReason } from "../../events/event.ts";
import type { Target } from "../../target/target.ts";
import { UsageError } from "../../usage-error.ts";
import type { AnswerCookie, OutgoingRequest, RawAnswer, RequestTimes } from "../port.ts";
import { parseSetCookie } from "./answer-cookies.ts";
import { createConnector } from "./connector.ts";
import { decodeBody } from "./decode-body.ts";
import { lossReason } from "./loss-reason.ts";

/** Sends single requests. Follows nothing, retries nothing, and never rejects but with a UsageError. */
export interface Sender {
  send(request: OutgoingRequest): Promise<RawAnswer>;
  /** Whatever is in flight ends now, as abandoned. */
  abortAll(): void;
  close(): Promise<void>;
}

/** Larger than any server's own limit (Node 16 KB, Go 1 MB): very long headers are facts, not errors. */
const HEADER_BYTES_MAX = 1_048_576;

export function createSender(target: Target, nowMicroseconds: () => number): Sender {
  const isH2 = target.http === "2";
  const connect = createConnector(target);
  const options = {
    allowH2: isH2,
    pipelining: isH2 ? 100 : 1,
    // Time is kept here, for the whole request; undici's own timers are coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEADER_BYTES_MAX,
  } satisfies Client.Options;
  const pools = new Map<string, Pool>();
  const inFlight = new Set<Exchange>();

  const poolFor = (origin: string): Pool => {
    const pool = pools.get(origin) ?? new Pool(origin, { ...options, connect, connections: null });
    pools.set(origin, pool);
    return pool;
  };

  return {
    async send(request) {
      const url = URL.parse(request.url);
      const exchange = new Exchange(request, nowMicroseconds);
      if (url === null) return exchange.lose("bad-http");
      inFlight.add(exchange);
      // One client a request is a connection of its own from the start; a pool would hand out one that is still closing.
      const isFresh = target.connections === "fresh";
      const dispatcher = isFresh
        ? new Client(url.origin, { ...options, connect: exchange.keepingSocketOf(connect, isH2) })
        : poolFor(url.origin);
      exchange.dispatch(dispatcher, url, isFresh);
      try {
        const answer = await exchange.answer;
        // After a whole HTTP/1 answer the connection is closed already.
        if (isFresh && (isH2 || answer.kind === "lost")) void dispatcher.destroy();
        return answer;
      } finally {
        inFlight.delete(exchange);
      }
    },
    abortAll() {
      for (const exchange of inFlight) exchange.lose("abandoned");
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** One request on the wire, and the times of what happens to it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<RawAnswer>;
  readonly #request: OutgoingRequest;
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
  #controller: Dispatcher.DispatchController | null = null;
  /** A fresh HTTP/1 connection, which ends with its answer. */
  #freshSocket: Socket | null = null;

  constructor(request: OutgoingRequest, now: () => number) {
    this.#request = request;
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

  /** The same connector, which leaves the socket here where it carries nothing but this exchange. */
  keepingSocketOf(connect: buildConnector.connector, isH2: boolean): buildConnector.connector {
    if (isH2) return connect;
    return (options, callback) =>
      connect(options, (...opened) => {
        this.#freshSocket = opened[1];
        callback(...opened);
      });
  }

  dispatch(dispatcher: Dispatcher, url: URL, isFresh: boolean): void {
    const { method, headers, body } = this.#request;
    try {
      dispatcher.dispatch(
        { method, path: url.pathname + url.search, headers: latin1Headers(headers), body, reset: isFresh },
        this,
      );
    } catch (error) {
      this.onResponseError(null, error as Error);
    }
  }

  /** Ends the exchange without an answer; the connection goes with it. */
  lose(reason: LossReason): Promise<RawAnswer> {
    this.#finish({ kind: "lost", reason, times: this.#ended() });
    this.#controller?.abort(new Error(reason));
    return this.answer;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Lost while it was still connecting or queued: it must not be sent any more.
    if (this.#isSettled) controller.abort(new Error("lost before it was sent"));
  }

  onRequestSent(): void {
    this.#times.sentMicroseconds = this.#now();
  }

  onResponseStarted(): void {
    this.#times.firstByteMicroseconds = this.#now();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[]>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    const nowMilliseconds = Date.now();
    for (const [name, value] of headerLines(controller.rawHeaders, headers)) {
      if (name === "set-cookie") {
        const cookie = parseSetCookie(value, nowMilliseconds);
        if (cookie !== null) this.#cookies.push(cookie);
      } else {
        const before = this.#headers[name];
        this.#headers[name] = before === undefined ? value : `${before}, ${value}`;
      }
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.#request.answerBytesMax) void this.lose("too-large");
    // undici reuses nothing of a chunk, so that it can be kept without a copy.
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const times = this.#ended();
    // undici would close it with an error, whose stack Node then formats. Like this, and without probes, a request was
    // measured at 350 instead of 390 µs of CPU.
    this.#freshSocket?.destroy();
    const { answerBytesMax } = this.#request;
    const body = decodeBody(Buffer.concat(this.#chunks), this.#headers["content-encoding"], answerBytesMax);
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

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isSettled) return;
    const reason = lossReason(error, this.#times.firstByteMicroseconds !== null);
    if (reason instanceof UsageError) this.#finish(Promise.reject(reason));
    else this.#finish({ kind: "lost", reason, times: this.#ended() });
  }

  #ended(): RequestTimes {
    return { ...this.#times, endedMicroseconds: this.#now() };
  }

  #finish(answer: RawAnswer | Promise<never>): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#settle(answer);
  }
}

// U+FEFF is part of what was sent, as in k6.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** undici writes headers as latin1; what people's names hold goes out as the bytes of its UTF-8, as from k6. */
function latin1Headers(headers: Record<string, string>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    result[name] = /^[\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
  }
  return result;
}

/** HTTP/1 gives the bytes as they came, HTTP/2 an object. */
function* headerLines(
  raw: Dispatcher.DispatchController["rawHeaders"],
  parsed: Record<string, string | string[]>,
): Generator<[string, string]> {
  if (Array.isArray(raw)) {
    for (let index = 0; index + 1 < raw.length; index += 2) {
      yield [String(raw[index]).toLowerCase(), String(raw[index + 1])];
    }
    return;
  }
  for (const [name, values] of Object.entries(parsed)) {
    for (const value of Array.isArray(values) ? values : [values]) yield [name.toLowerCase(), value];
  }
}
