import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire between a client and a server (a service and its database) that can be slowed, held, cut, and lose answers. */
export interface TcpProxy {
  /** The server's URL by way of this proxy; it stays when the server moves. */
  readonly url: string;
  /** Where new connections lead from now on: a database that was started again has another port. */
  leadTo(serverUrl: string): void;
  /** From now on, for all connections; what is under way keeps the time it was given. */
  slow(pace: Partial<Pace>): void;
  /** Nothing passes and nobody is told, as where a network is parted; new connections are taken and hear nothing. */
  hold(): void;
  /** Every connection is reset, and new ones are, until `release`. */
  cut(): void;
  /** Everything passes again at full pace, what was held first. */
  release(): void;
  /** The connection whose client next sends bytes with one of these marks; they are on their way to the server then. */
  nextRequestWith(marks: readonly string[], signal: AbortSignal): Promise<Wire>;
  close(): Promise<void>;
}

export interface Pace {
  /** Each answer comes this much later. */
  readonly answerDelayMs: number;
  /** In each direction of each connection. */
  readonly bytesPerSecond: number;
  /** Share of pieces (some kilobytes, or one message) with which their connection is reset. */
  readonly resetShare: number;
}

/** One connection. */
export interface Wire {
  /** The server gets what is sent; what it answers is kept back. */
  holdAnswers(): void;
  /** Resolves when the server has begun to answer. */
  readonly answered: Promise<void>;
  /** The client is reset. The server gets everything that was sent, then the end: it does its work for nobody. */
  cut(): void;
}

const FULL_PACE: Pace = { answerDelayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, resetShare: 0 };
/** In one lane: beyond it the sender is made to wait, as by a full pipe. */
const WAITING_BYTES_MAX = 1_048_576;

export async function createTcpProxy(serverUrl: string, random = Math.random): Promise<TcpProxy> {
  let server = new URL(serverUrl);
  let pace = FULL_PACE;
  let mode: "pass" | "hold" | "cut" = "pass";
  const links = new Set<Link>();
  const watchers = new Set<(bytes: Buffer, link: Link) => void>();

  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    if (mode === "cut") return void near.resetAndDestroy();
    const far = connect({ port: Number(server.port), host: server.hostname, noDelay: true });
    const link = createLink(near, far, {
      pace: (direction) => ({ ...pace, answerDelayMs: direction === "answer" ? pace.answerDelayMs : 0 }),
      isHeld: () => mode === "hold",
      isReset: () => pace.resetShare > 0 && random() < pace.resetShare,
      onRequest: (bytes) => {
        for (const watch of watchers) watch(bytes, link);
      },
      onGone: () => links.delete(link),
    });
    links.add(link);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String((listener.address() as AddressInfo).port);

  return {
    url: url.href,
    leadTo(next) {
      server = new URL(next);
    },
    slow(next) {
      pace = { ...pace, ...next };
    },
    hold() {
      mode = "hold";
    },
    cut() {
      mode = "cut";
      for (const link of links) link.reset();
    },
    release() {
      mode = "pass";
      pace = FULL_PACE;
      for (const link of links) link.flush();
    },
    nextRequestWith(marks, signal) {
      return new Promise((resolve, reject) => {
        const stop = () => {
          watchers.delete(watch);
          signal.removeEventListener("abort", giveUp);
        };
        const giveUp = () => {
          stop();
          reject(signal.reason);
        };
        const watch = (bytes: Buffer, link: Link) => {
          if (!marks.some((mark) => bytes.includes(mark))) return;
          stop();
          resolve(link.wire());
        };
        if (signal.aborted) return giveUp();
        watchers.add(watch);
        signal.addEventListener("abort", giveUp);
      });
    },
    async close() {
      for (const link of links) link.reset();
      listener.close();
      await once(listener, "close");
    },
  };
}

interface Link {
  /** From this request on. */
  wire(): Wire;
  flush(): void;
  reset(): void;
}

interface LinkRules {
  pace(direction: "request" | "answer"): Pace;
  isHeld(): boolean;
  isReset(): boolean;
  onRequest(bytes: Buffer): void;
  onGone(): void;
}

function createLink(near: Socket, far: Socket, rules: LinkRules): Link {
  let answered = Promise.withResolvers<void>();
  let areAnswersHeld = false;
  const reset = () => {
    near.resetAndDestroy();
    far.resetAndDestroy();
  };
  const requests = createLane(near, far, {
    pace: () => rules.pace("request"),
    isHeld: rules.isHeld,
    onBytes: (bytes) => (rules.isReset() ? reset() : rules.onRequest(bytes)),
  });
  const answers = createLane(far, near, {
    pace: () => rules.pace("answer"),
    isHeld: () => areAnswersHeld || rules.isHeld(),
    onBytes: () => (rules.isReset() ? reset() : answered.resolve()),
  });
  // The server reads what was sent, then the end; what it answers is discarded.
  near.on("close", () => requests.take("end"));
  far.on("close", () => far.readableEnded || answers.take("reset"));
  let closed = 0;
  for (const socket of [near, far]) {
    // What broke is told by the close that follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      closed += 1;
      if (closed === 2) rules.onGone();
    });
  }
  return {
    wire() {
      answered = Promise.withResolvers<void>();
      return {
        answered: answered.promise,
        cut: () => void near.resetAndDestroy(),
        holdAnswers() {
          areAnswersHeld = true;
        },
      };
    },
    reset,
    flush() {
      requests.flush();
      answers.flush();
    },
  };
}

interface LaneRules {
  pace(): Pace;
  isHeld(): boolean;
  onBytes(bytes: Buffer): void;
}

interface Piece {
  readonly what: Buffer | "end" | "reset";
  readonly dueMs: number;
}

/** One direction: every piece leaves in its order, when it is due and nothing holds it. */
function createLane(from: Socket, to: Socket, rules: LaneRules) {
  const waiting: Piece[] = [];
  let waitingBytes = 0;
  let lastDueMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function take(what: Piece["what"]): void {
    const { answerDelayMs, bytesPerSecond } = rules.pace();
    const bytes = lengthOf(what);
    lastDueMs = Math.max(performance.now() + answerDelayMs, lastDueMs) + (bytes / bytesPerSecond) * 1_000;
    waiting.push({ what, dueMs: lastDueMs });
    waitingBytes += bytes;
    if (waitingBytes > WAITING_BYTES_MAX) from.pause();
    flush();
  }

  function flush(): void {
    clearTimeout(timer);
    for (let next = waiting[0]; next !== undefined && !rules.isHeld(); next = waiting[0]) {
      const earlyMs = next.dueMs - performance.now();
      if (earlyMs > 0) {
        timer = setTimeout(flush, earlyMs);
        return;
      }
      waiting.shift();
      pass(next.what);
    }
  }

  function pass(what: Piece["what"]): void {
    waitingBytes -= lengthOf(what);
    if (waitingBytes <= WAITING_BYTES_MAX) from.resume();
    if (what === "reset") to.resetAndDestroy();
    else if (what === "end") to.end();
    else if (to.writable) to.write(what);
  }

  from.on("data", (bytes: Buffer) => {
    take(bytes);
    rules.onBytes(bytes);
  });
  from.on("end", () => take("end"));
  return { take, flush };
}

const lengthOf = (what: Piece["what"]) => (typeof what === "string" ? 0 : what.length);
