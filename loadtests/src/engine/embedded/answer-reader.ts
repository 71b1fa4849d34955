/** What an answer is made of, in the order in which it comes. */
export interface AnswerParts {
  takeStatus(status: number): void;
  /** Lower-case name. */
  takeHeader(name: string, value: string): void;
  /** A view of the bytes that came, never a copy. */
  takeBody(bytes: Buffer): void;
}

/** Reads one HTTP/1 answer out of the bytes of a connection that carries nothing else. */
export interface AnswerReader {
  push(bytes: Buffer): Reading;
  /** The other side has ended: whole where the answer goes as far as its connection. */
  end(): Reading;
}

export type Reading = "under-way" | "whole" | "broken";

/** Larger than any server's own limit (Node 16 KB, Go 1 MB): very long headers are facts, not errors. */
export const HEADER_BYTES_MAX = 1_048_576;
/** A chunk's size with its extensions, or one trailer. */
const LINE_BYTES_MAX = 16_384;

type State =
  | "head"
  | "counted-body"
  | "body-until-end"
  | "chunk-size"
  | "chunk"
  | "chunk-end"
  | "trailer"
  | Reading;

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * RFC 9112, as strict as llhttp where two readers could disagree about where an answer ends. Our own, because the
 * connection is ours: undici makes a client for each and closes it with an error, which was two thirds of a request.
 */
export function createAnswerReader(method: string, parts: AnswerParts): AnswerReader {
  let state: State = "head";
  let unread = EMPTY;
  let searchedBytes = 0;
  let bodyBytesLeft = 0;

  /** Up to and without the mark, which is taken as well; null where it has not come yet. */
  const takeUntil = (mark: string, bytesMax: number): string | null => {
    const end = unread.indexOf(mark, Math.max(0, searchedBytes - mark.length), "latin1");
    if (end < 0 ? unread.length > bytesMax : end > bytesMax) {
      state = "broken";
      return null;
    }
    searchedBytes = end < 0 ? unread.length : 0;
    if (end < 0) return null;
    const text = unread.toString("utf8", 0, end);
    unread = unread.subarray(end + mark.length);
    return text;
  };

  const takeBytes = (bytesMax: number): number => {
    const taken = unread.length <= bytesMax ? unread : unread.subarray(0, bytesMax);
    unread = unread.subarray(taken.length);
    if (taken.length > 0) parts.takeBody(taken);
    return taken.length;
  };

  /** One step in the answer; false where more bytes are needed, or none. */
  const step = (): boolean => {
    switch (state) {
      case "head": {
        const text = takeUntil("\r\n\r\n", HEADER_BYTES_MAX);
        if (text === null) {
          if (!mayBeAnswer(unread)) state = "broken";
          return false;
        }
        const head = readHead(text);
        // 100 and 103 come before the answer; what follows 101 is no HTTP, and nobody asked for it.
        if (head !== null && head.status < 200 && head.status !== 101) return true;
        const framing = head === null || head.status === 101 ? null : framingOf(method, head);
        if (head === null || framing === null) {
          state = "broken";
          return false;
        }
        parts.takeStatus(head.status);
        for (const [name, value] of head.headers) parts.takeHeader(name, value);
        [state, bodyBytesLeft] = framing;
        return true;
      }
      case "counted-body":
        bodyBytesLeft -= takeBytes(bodyBytesLeft);
        if (bodyBytesLeft === 0) state = "whole";
        return false;
      case "body-until-end":
        takeBytes(Infinity);
        return false;
      case "chunk-size": {
        const line = takeUntil("\r\n", LINE_BYTES_MAX);
        if (line === null) return false;
        const size = /^([0-9a-f]{1,12})[ \t]*(;.*)?$/i.exec(line)?.[1];
        if (size === undefined) {
          state = "broken";
          return false;
        }
        bodyBytesLeft = Number.parseInt(size, 16);
        state = bodyBytesLeft === 0 ? "trailer" : "chunk";
        return true;
      }
      case "chunk":
        bodyBytesLeft -= takeBytes(bodyBytesLeft);
        if (bodyBytesLeft > 0) return false;
        state = "chunk-end";
        return true;
      case "chunk-end": {
        if (unread.length < 2) return false;
        const isEnded = unread[0] === 0x0d && unread[1] === 0x0a;
        unread = unread.subarray(2);
        state = isEnded ? "chunk-size" : "broken";
        return isEnded;
      }
      case "trailer": {
        const line = takeUntil("\r\n", LINE_BYTES_MAX);
        if (line === "") state = "whole";
        return line !== null && line !== "";
      }
      default:
        return false;
    }
  };

  const reading = (): Reading => (state === "whole" || state === "broken" ? state : "under-way");

  return {
    push(bytes) {
      unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
      while (step());
      return reading();
    },
    end() {
      if (state === "body-until-end") state = "whole";
      return reading();
    },
  };
}

interface Head {
  status: number;
  headers: [name: string, value: string][];
}

const START = "HTTP/1.";

/** So that what is no HTTP at all is known at once, and not when it ends. */
function mayBeAnswer(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, START.length);
  return bytes.toString("latin1", 0, length) === START.slice(0, length);
}

/** Null where it is none. */
function readHead(text: string): Head | null {
  const lines = text.split("\r\n");
  const status = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/.exec(lines[0]!)?.[1];
  if (status === undefined || OTHER_LINE_END.test(text)) return null;
  const headers: Head["headers"] = [];
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at]!;
    const last = headers.at(-1);
    if (line.startsWith(" ") || line.startsWith("\t")) {
      // A folded line (RFC 9112, section 5.2).
      if (last === undefined) return null;
      last[1] = `${last[1]} ${withoutBlanks(line, 0)}`;
      continue;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon < 1 || !TOKEN.test(name)) return null;
    headers.push([name.toLowerCase(), withoutBlanks(line, colon + 1)]);
  }
  return { status: Number(status), headers };
}

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A bare CR, LF or NUL: some readers take the first two for the end of a line. */
const OTHER_LINE_END = /\r(?!\n)|(?<!\r)\n|\0/;

function withoutBlanks(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Where the body ends (RFC 9112, section 6.3); null where that can be read in two ways. */
function framingOf(method: string, { status, headers }: Head): [State, bodyBytes: number] | null {
  const valuesOf = (name: string) => headers.filter((header) => header[0] === name).map(([, value]) => value);
  const encodings = valuesOf("transfer-encoding");
  const lengths = valuesOf("content-length");
  if (lengths.length > 1 || (lengths.length > 0 && encodings.length > 0)) return null;
  if (lengths[0] !== undefined && !/^\d{1,15}$/.test(lengths[0])) return null;
  if (method === "HEAD" || status === 204 || status === 304) return ["whole", 0];
  if (encodings.length > 0) {
    const isChunked = /(?:^|,)[ \t]*chunked$/i.test(encodings.at(-1)!);
    return isChunked ? ["chunk-size", 0] : ["body-until-end", 0];
  }
  const length = Number(lengths[0]);
  if (lengths[0] === undefined) return ["body-until-end", 0];
  return length === 0 ? ["whole", 0] : ["counted-body", length];
}
