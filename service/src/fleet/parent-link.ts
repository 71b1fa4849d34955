/** A worker's line to its parent, and the parent's to that worker: the same at both ends. */
export interface ParentLink {
  /** Rejects when the other end refuses, is gone, or has not answered in time. */
  request(kind: string, body: unknown): Promise<unknown>;
  /** Told and forgotten. */
  send(kind: string, body: unknown): void;
  /** One listener for each kind; what it returns is the reply to a request. */
  on(kind: string, listener: (body: unknown) => unknown): void;
}

/** What carries the messages: IPC between processes, a queue inside one. */
export interface Channel {
  post(message: LinkMessage): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

export interface LinkMessage {
  readonly link: "request" | "reply" | "refusal" | "send";
  readonly id: number;
  readonly kind: string;
  readonly body: unknown;
}

/** A healthy parent answers within a millisecond or two; after this it is in trouble, and the asker must go on without it. */
const REPLY_MS_MAX = 2_000;
/** Requests without a reply yet. Beyond it the other end is stuck, and more would only be memory. */
const OPEN_REQUESTS_MAX = 1_000;

interface OpenRequest {
  resolve(body: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

export function createLink(channel: Channel): ParentLink {
  const open = new Map<number, OpenRequest>();
  const listeners = new Map<string, (body: unknown) => unknown>();
  let lastId = 0;
  let isClosed = false;

  function settle(id: number, how: (request: OpenRequest) => void): void {
    const request = open.get(id);
    if (request === undefined) return;
    open.delete(id);
    clearTimeout(request.timer);
    how(request);
  }

  async function answer({ id, kind, body }: LinkMessage): Promise<void> {
    try {
      const listener = listeners.get(kind);
      if (listener === undefined) throw new Error(`nobody here answers "${kind}"`);
      const reply = await listener(body);
      if (!isClosed) channel.post({ link: "reply", id, kind, body: reply });
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (!isClosed) channel.post({ link: "refusal", id, kind, body: words });
    }
  }

  channel.onMessage((message) => {
    if (!isLinkMessage(message)) return;
    const { link, id, kind, body } = message;
    if (link === "request") void answer(message);
    else if (link === "send") void listeners.get(kind)?.(body);
    else if (link === "reply") settle(id, ({ resolve }) => resolve(body));
    else settle(id, ({ reject }) => reject(new Error(String(body))));
  });
  channel.onClose(() => {
    isClosed = true;
    for (const id of [...open.keys()]) settle(id, ({ reject }) => reject(new Error("the other end is gone")));
  });

  return {
    request(kind, body) {
      if (isClosed) return Promise.reject(new Error("the other end is gone"));
      if (open.size >= OPEN_REQUESTS_MAX)
        return Promise.reject(new Error(`${OPEN_REQUESTS_MAX} requests have no reply yet`));
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => settle(id, () => reject(new Error(`no reply to "${kind}" within ${REPLY_MS_MAX} ms`))),
          REPLY_MS_MAX,
        );
        open.set(id, { resolve, reject, timer });
        channel.post({ link: "request", id, kind, body });
      });
    },
    send(kind, body) {
      if (!isClosed) channel.post({ link: "send", id: 0, kind, body });
    },
    on(kind, listener) {
      if (listeners.has(kind)) throw new Error(`"${kind}" has a listener already`);
      listeners.set(kind, listener);
    },
  };
}

/** Both ends inside one process, for a service without a fleet: messages are copied and arrive later, as over IPC. */
export function createLinkPair(): { worker: ParentLink; parent: ParentLink } {
  const listeners: ((message: unknown) => void)[][] = [[], []];
  const end = (own: number, other: number): Channel => ({
    post(message) {
      const copy = structuredClone(message);
      setImmediate(() => {
        for (const listener of listeners[other] ?? []) listener(copy);
      });
    },
    onMessage: (listener) => listeners[own]?.push(listener),
    // Both ends end together, with their process.
    onClose() {},
  });
  return { worker: createLink(end(0, 1)), parent: createLink(end(1, 0)) };
}

function isLinkMessage(message: unknown): message is LinkMessage {
  return typeof message === "object" && message !== null && "link" in message;
}
