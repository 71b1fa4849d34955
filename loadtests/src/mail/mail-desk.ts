import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { patternOf } from "../answer/read-place.ts";

/**
 * Where engines ask for a mail, over HTTP as they ask for everything: `GET /mails?to=…&matching=…&withinSeconds=…` waits for the
 * next mail to an address that matches and was not handed out before, and answers it as text; 404 when none came in time.
 */
export interface MailDesk {
  readonly url: string;
  put(to: string, page: string): void;
  close(): Promise<void>;
}

interface Waiting {
  readonly matching: RegExp;
  readonly res: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

/** Nobody has more mails than a person reads; of more the last are kept. */
const PAGES_PER_ADDRESS_MAX = 20;

export async function openMailDesk(): Promise<MailDesk> {
  const pages = new Map<string, string[]>();
  const waiting = new Map<string, Waiting[]>();

  const ask = (to: string, matching: RegExp, seconds: number, res: ServerResponse) => {
    const mine = pages.get(to) ?? [];
    // The newest: of two links that were mailed, the last is the one that works.
    const at = mine.findLastIndex((page) => matching.test(page));
    if (at >= 0) return answer(res, 200, mine.splice(at, 1)[0] ?? "");
    const leave = () => {
      clearTimeout(timer);
      waiting.set(
        to,
        (waiting.get(to) ?? []).filter((other) => other.res !== res),
      );
    };
    const timer = setTimeout(() => {
      leave();
      answer(res, 404, "no mail came in time");
    }, seconds * 1_000);
    res.once("close", leave);
    waiting.set(to, [...(waiting.get(to) ?? []), { matching, res, timer }]);
  };

  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://desk");
    const to = (url.searchParams.get("to") ?? "").toLowerCase();
    const seconds = Number(url.searchParams.get("withinSeconds"));
    ask(to, patternOf(url.searchParams.get("matching") ?? ""), seconds, res);
  });
  // A burst of people starts to wait at one instant.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put(to, page) {
      const next = waiting.get(to)?.find(({ matching }) => matching.test(page));
      if (next !== undefined) {
        clearTimeout(next.timer);
        waiting.set(
          to,
          (waiting.get(to) ?? []).filter((other) => other !== next),
        );
        return answer(next.res, 200, page);
      }
      pages.set(to, [...(pages.get(to) ?? []), page].slice(-PAGES_PER_ADDRESS_MAX));
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store, private",
  });
  res.end(text);
}
