import type {
  IncomingMessage,
  OutgoingHttpHeader,
  OutgoingHttpHeaders,
  RequestListener,
  ServerResponse,
} from "node:http";
import { Asked, type Given } from "./exchange.ts";

/** What to send in place of the answer. */
export interface Replacement {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * Undefined lets the answer go. While a promise is pending nothing leaves. `isGone`: whoever asked has hung up, and
 * nothing leaves whatever is decided.
 */
export type Judge = (
  asked: Asked,
  given: Given,
  isGone: boolean,
) => Replacement | Promise<Replacement> | undefined;

/** Under this symbol a response may carry its witness: a value in this process, which cannot leave as bytes by mistake. */
const WITNESS = Symbol.for("crowdproof.witness");

/**
 * A listener around a listener: records what is asked, and holds every answer back until it is whole and judged.
 *
 * It replaces methods on the two objects themselves: Express gives request and response other prototypes, so a subclass
 * would be lost, while own properties stay. Nothing leaves before `end`, so until then `headersSent` is false, and a
 * handler that fails halfway can still answer with an error.
 */
export function holdAnswers(listener: RequestListener, judge: Judge): RequestListener {
  return (request, response) => {
    const asked = new Asked(request);
    Object.assign(request, { [ASKED]: asked, push: recordAndPush });
    const hold = new Hold(asked, response, judge);
    const held = response as unknown as Held;
    held[HOLD] = hold;
    held["writeHead"] = holdHead;
    held["write"] = holdChunk;
    held["end"] = holdEnd;
    held["flushHeaders"] = leaveForLater;
    held["writeProcessing"] = leaveForLater;
    held["writeEarlyHints"] = leaveForLater;
    held["writeInformation"] = leaveForLater;
    held["addTrailers"] = leaveForLater;
    held["_send"] = sendWhenOpen;
    listener(request, response);
  };
}

const ASKED = Symbol("asked");
const HOLD = Symbol("hold");
type Held = { [ASKED]: Asked; [HOLD]: Hold } & Record<string | symbol, unknown>;

function recordAndPush(this: IncomingMessage & Held, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (Buffer.isBuffer(chunk)) this[ASKED].record(chunk);
  const prototype = Object.getPrototypeOf(this) as IncomingMessage;
  return prototype.push.call(this, chunk, encoding);
}

type Chunk = string | Uint8Array;
type Callback = (error?: Error | null) => void;

function holdHead(this: ServerResponse & Held, status: number, ...rest: unknown[]): ServerResponse {
  const hold = this[HOLD];
  if (hold.isReplaced) return this;
  if (hold.isOpen) return hold.writeHead.call(this, status, ...rest);
  hold.takeHead(status, rest);
  return this;
}

function holdChunk(this: ServerResponse & Held, chunk: Chunk, ...rest: unknown[]): boolean {
  const hold = this[HOLD];
  if (hold.isReplaced) return true;
  if (hold.isOpen) return hold.write.call(this, chunk, ...rest);
  hold.takeChunk(chunk, rest[0]);
  const callback = rest.find((argument) => typeof argument === "function");
  if (callback !== undefined) process.nextTick(callback as Callback);
  return true;
}

function holdEnd(this: ServerResponse & Held, ...rest: unknown[]): ServerResponse {
  const hold = this[HOLD];
  if (hold.isReplaced) return this;
  if (hold.isOpen) return hold.end.apply(this, rest);
  const [chunk, encoding] = rest;
  const callback = rest.find((argument) => typeof argument === "function");
  if (callback !== undefined) this.once("finish", callback as Callback);
  if (typeof chunk === "string" || chunk instanceof Uint8Array) hold.takeChunk(chunk, encoding);
  hold.finish();
  return this;
}

/** What would leave ahead of the answer, or after it, does not leave at all. */
function leaveForLater(this: ServerResponse & Held): boolean {
  return true;
}

/** The way every byte of Node's response takes. Whoever finds a way round the methods above ends here. */
function sendWhenOpen(this: ServerResponse & Held, ...rest: unknown[]): boolean {
  const hold = this[HOLD];
  if (hold.isOpen) return hold.send.apply(this, rest);
  this.destroy();
  return false;
}

/** An answer that is longer is no answer of this service. */
const ANSWER_BYTES_MAX = 524_288;

/** Node's methods as they are called on: with whatever they were called with. */
type AnyMethod = (...rest: unknown[]) => never;

class Hold {
  isOpen = false;
  /** Another answer left instead: what the handler still does is no longer of interest. */
  isReplaced = false;
  /** What the response would have done: Node's own methods, or those of whoever stands further out. */
  readonly writeHead: AnyMethod;
  readonly write: AnyMethod;
  readonly end: AnyMethod;
  readonly send: AnyMethod;
  private readonly asked: Asked;
  private readonly response: ServerResponse;
  private readonly judge: Judge;
  private isEnded = false;
  private status: number | undefined;
  private head: OutgoingHttpHeaders | undefined;
  private text: string | undefined;
  private chunks: Buffer[] | undefined;
  private bytes = 0;

  constructor(asked: Asked, response: ServerResponse, judge: Judge) {
    this.asked = asked;
    this.response = response;
    this.judge = judge;
    const outside = response as unknown as Record<"writeHead" | "write" | "end" | "_send", AnyMethod>;
    this.writeHead = outside.writeHead;
    this.write = outside.write;
    this.end = outside.end;
    this.send = outside._send;
  }

  /** A second head is another answer: what was held of the first is forgotten. */
  takeHead(status: number, rest: readonly unknown[]): void {
    if (this.isEnded) return;
    if (this.status !== undefined) this.forget();
    this.status = status;
    const [first, second] = rest;
    this.head = toHeaders(typeof first === "object" ? first : second);
  }

  takeChunk(chunk: Chunk, encoding: unknown): void {
    if (this.isEnded || chunk.length === 0) return;
    const isPlainText = typeof chunk === "string" && (typeof encoding !== "string" || isUtf8(encoding));
    if (isPlainText && this.text === undefined && this.chunks === undefined) {
      this.text = chunk;
      return;
    }
    this.chunks ??= this.text === undefined ? [] : [Buffer.from(this.text)];
    this.text = undefined;
    const bytes =
      typeof chunk === "string"
        ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
        : Buffer.from(chunk);
    this.bytes += bytes.length;
    if (this.bytes <= ANSWER_BYTES_MAX) this.chunks.push(bytes);
    else this.chunks = [];
  }

  finish(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    const { response } = this;
    const body = this.text ?? (this.chunks === undefined ? "" : Buffer.concat(this.chunks));
    const given: Given = {
      status: this.status ?? response.statusCode,
      headers: this.headers(),
      // Bytes that are no text stay visible as such: no shape of the table holds a replacement character of its own.
      text: typeof body === "string" ? body : body.toString(),
      witness: (response as unknown as Held)[WITNESS],
    };
    const instead = this.judge(this.asked, given, response.destroyed);
    if (instead === undefined) this.release(body);
    else if (instead instanceof Promise) void instead.then((answer) => this.replace(answer));
    else this.replace(instead);
  }

  private headers(): [string, string | readonly string[]][] {
    const headers: [string, string | readonly string[]][] = [];
    for (const name of this.response.getHeaderNames())
      headers.push([name, textOf(this.response.getHeader(name))]);
    for (const name in this.head) headers.push([name.toLowerCase(), textOf(this.head[name])]);
    return headers;
  }

  private release(body: string | Buffer): void {
    const { response, head } = this;
    try {
      this.isOpen = true;
      // Node's own words for the status: a phrase of the handler's is in no table, and nobody judged it.
      response.statusMessage = "";
      if (this.status !== undefined) this.writeHead.call(response, this.status, head);
      if (body.length === 0) this.end.call(response);
      else this.end.call(response, body, "utf8");
    } catch (error) {
      // A header that Node will not write: nothing has left, the handler is told and may answer otherwise.
      if (!response.headersSent) {
        this.isOpen = false;
        this.isEnded = false;
        this.forget();
      }
      throw error;
    }
  }

  private replace({ status, headers, text }: Replacement): void {
    const { response } = this;
    this.isOpen = true;
    if (response.destroyed) return;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.statusMessage = "";
    this.writeHead.call(response, status, { ...headers, "Content-Length": Buffer.byteLength(text) });
    this.end.call(response, text);
    this.isReplaced = true;
  }

  private forget(): void {
    this.status = undefined;
    this.head = undefined;
    this.text = undefined;
    this.chunks = undefined;
    this.bytes = 0;
  }
}

function isUtf8(encoding: string): boolean {
  return encoding === "utf8" || encoding === "utf-8";
}

/** Node takes an object, a flat list or a list of pairs. */
function toHeaders(head: unknown): OutgoingHttpHeaders | undefined {
  if (!Array.isArray(head)) return (head ?? undefined) as OutgoingHttpHeaders | undefined;
  const flat: unknown[] = head.flat();
  const headers: Record<string, OutgoingHttpHeader> = Object.create(null);
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = String(flat[at]).toLowerCase();
    const value = textOf(flat[at + 1] as OutgoingHttpHeader);
    const before = headers[name];
    headers[name] = before === undefined ? (value as string) : ([before, value].flat() as string[]);
  }
  return headers;
}

function textOf(value: OutgoingHttpHeader | undefined): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value);
}
