import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { RECEIVER_ROUTES } from "../catalogue/closed-sets.ts";
import type { DeadMansSwitch } from "./dead-mans-switch.ts";
import { lineOf, linesOf } from "./lines.ts";
import { type Notification, type Route, readNotification, routeOf } from "./notification.ts";
import { METRICS_CONTENT_TYPE, renderMetrics } from "./receiver-metrics.ts";
import { findRunbook } from "./runbooks.ts";

export interface ReceiverOptions {
  readonly runbooksFolder: string;
  /** How many notifications `GET /notifications` shows, the last ones; the watchdog's are not among them. */
  readonly notificationsMax: number;
  readonly deadMansSwitch: DeadMansSwitch;
  readonly nowSeconds: () => number;
  readonly writeLine: (line: string) => void;
}

/** A hundred alerts with all their words; Alertmanager's `max_alerts` keeps a group below it. */
const BODY_BYTES_MAX = 1_048_576;
/** Alertmanager's own time-out is ten seconds. */
const LIMITS = { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 16_384 };

/** The watchdog of monitoring/rules says when it was evaluated; another one need not. */
const EVALUATED_AT = /^Evaluated at ([\d.e+]+)/;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Takes what Alertmanager has to say, says it to whoever looks, and serves the runbooks. Not yet listening. */
export function createReceiver(options: ReceiverOptions): Server {
  const { deadMansSwitch, nowSeconds, writeLine, notificationsMax } = options;
  const kept: Notification[] = [];
  const counts = Object.fromEntries(RECEIVER_ROUTES.map((route) => [route, 0])) as Record<Route, number>;
  let watchdogLastMs = 0;

  function take(notification: Notification): void {
    counts[notification.route] += 1;
    if (notification.route === "watchdog") {
      const alive = notification.alerts.find(({ status }) => status === "firing");
      if (alive === undefined) return;
      watchdogLastMs = notification.receivedAtMs;
      deadMansSwitch.hear(nowSeconds(), EVALUATED_AT.exec(alive.annotations["description"] ?? "")?.[1]);
      return;
    }
    kept.push(notification);
    if (kept.length > notificationsMax) kept.shift();
    for (const line of linesOf(notification)) writeLine(line);
  }

  async function post(path: string, req: IncomingMessage): Promise<Answer> {
    // A web page that somebody has open may send anything here but this type: it would have to ask first.
    if (!/^application\/json\b/i.test(req.headers["content-type"] ?? ""))
      return text(415, "expected application/json");
    const body = await readBody(req);
    if (body === undefined) return text(413, `more than ${BODY_BYTES_MAX} bytes`);
    if (path === "/no-kill-switch") {
      const words = "an alert asked for a halt, and NOTHING WAS CLOSED: this stack has no halt token";
      writeLine(lineOf(Date.now(), "halt", words));
      return text(200, words);
    }
    const route = routeOf(path);
    if (route === undefined) return text(404, `no such route; there are ${RECEIVER_ROUTES.join(", ")}`);
    const notification = readNotification(route, parseJson(body), Date.now());
    if (notification === undefined) return text(422, "expected Alertmanager's webhook, version 4");
    take(notification);
    return json(200, { taken: notification.alerts.length });
  }

  function health(): Answer {
    const isSilent = deadMansSwitch.isSilent();
    const silentSeconds = Number(deadMansSwitch.secondsSince(nowSeconds()).toFixed(1));
    return json(isSilent ? 503 : 200, { status: isSilent ? "silent" : "watching", silentSeconds });
  }

  async function get(path: string, req: IncomingMessage): Promise<Answer> {
    if (path === "/") return text(200, INDEX);
    if (path === "/healthz") return health();
    if (path === "/notifications") return json(200, { notifications: kept, watchdogLastMs });
    if (path === "/metrics") {
      const body = renderMetrics({ notifications: counts, watchdogLastMs });
      return { status: 200, type: METRICS_CONTENT_TYPE, body };
    }
    // With `.md` as well, as the runbooks' links to each other have it.
    const name = /^\/runbooks\/(\w+)(?:\.md)?$/.exec(path)?.[1];
    const liked = req.headers["accept-language"] ?? "";
    const runbook = name === undefined ? undefined : await findRunbook(options.runbooksFolder, name, liked);
    if (runbook === undefined) return text(404, "there is nothing here");
    const headers = { "Content-Language": runbook.language, Vary: "Accept-Language" };
    return { ...text(200, runbook.text), headers };
  }

  async function answer(req: IncomingMessage): Promise<Answer> {
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    if (req.method === "POST") return post(path, req);
    if (req.method === "GET" || req.method === "HEAD") return get(path, req);
    return text(405, "GET or POST");
  }

  return createServer(LIMITS, (req, res) => {
    answer(req).then(
      (found) => write(res, found),
      (error: unknown) => {
        // Whoever sent it may be gone in the middle of it.
        writeLine(lineOf(Date.now(), "error", error instanceof Error ? error.message : "unknown"));
        write(res, text(500, "something is broken on our side"));
      },
    );
  });
}

const INDEX = `Crowdproof's receiver
POST /${RECEIVER_ROUTES.join(" /")}   Alertmanager's webhooks
GET  /notifications   what came, the last ones
GET  /healthz         503 while the watchdog is silent
GET  /metrics
GET  /runbooks/NAME   in Japanese or English, by Accept-Language
`;

function text(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: body.endsWith("\n") ? body : `${body}\n` };
}

function json(status: number, body: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

function write(res: ServerResponse, { status, type, body, headers }: Answer): void {
  if (res.headersSent) return void res.destroy();
  res.writeHead(status, {
    "Content-Type": type,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
    // What is left of a body that nobody wants is not read.
    ...(status === 413 ? { Connection: "close" } : {}),
  });
  res.end(body);
}

/** Undefined above the limit. */
async function readBody(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // Refused like everything else that is not a webhook.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
