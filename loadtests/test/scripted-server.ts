import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { nodePrimitives } from "../src/engine/embedded/node-primitives.ts";
import { createCanaryCodec } from "../src/people/canary.ts";

/** A server on a bare socket that answers by script: what no HTTP library would let it send, it sends. */
export interface ScriptedServer {
  /** `http://127.0.0.1:port`. */
  url: string;
  requests: ScriptedRequest[];
  close(): Promise<void>;
}

export interface ScriptedRequest {
  method: string;
  path: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
  /** 1 for the first request of its connection. */
  onConnection: number;
}

type Script = (socket: Socket, request: ScriptedRequest) => void;

const SLOW_MILLISECONDS = 5_000;
const LATER_MILLISECONDS = 30;

export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    answerRequests(socket, requests);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      await closed(server);
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function answerRequests(socket: Socket, requests: ScriptedRequest[]): void {
  let unread: Buffer = Buffer.alloc(0);
  let onConnection = 0;
  socket.on("data", (chunk) => {
    unread = Buffer.concat([unread, Buffer.from(chunk)]);
    for (let request = takeRequest(); request !== null; request = takeRequest()) {
      requests.push(request);
      const script = SCRIPTS[request.path.replace(/\?.*$/, "")] ?? notFound;
      script(socket, request);
    }
  });

  const takeRequest = (): ScriptedRequest | null => {
    const end = unread.indexOf("\r\n\r\n");
    if (end < 0) return null;
    const [first = "", ...lines] = unread.toString("utf8", 0, end).split("\r\n");
    const headers = Object.fromEntries(lines.map(splitHeader));
    const bodyEnd = end + 4 + Number(headers["content-length"] ?? 0);
    if (unread.length < bodyEnd) return null;
    const body = unread.toString("utf8", end + 4, bodyEnd);
    unread = unread.subarray(bodyEnd);
    const [method = "", path = ""] = first.split(" ");
    return { method, path, headers, body, onConnection: ++onConnection };
  };
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** A whole answer. Unless `close` is asked for, the connection stays. */
function answer(socket: Socket, status: number, headers: string[], body: string | Uint8Array = ""): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const length = status === 204 ? [] : [`Content-Length: ${bytes.length}`];
  socket.write(Buffer.concat([head(status, [...headers, ...length]), bytes]));
}

function head(status: number, headers: string[]): Buffer {
  return Buffer.from(`HTTP/1.1 ${status} Scripted\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`);
}

const JSON_TYPE = "Content-Type: application/json";

function notFound(socket: Socket): void {
  answer(socket, 404, [JSON_TYPE], '{"code":"absent"}');
}

/** Who signed up last is who reads: the scripts have one visitor at a time. */
let profile = "{}";

const older = createCanaryCodec({ runId: "cp-older", ...nodePrimitives });
/** Somebody of an older run, whom some redirects name. */
export const STRANGER = {
  runTag: older.runTag,
  visitor: 0,
  field: "email",
  place: "header:location",
} as const;
const hint = `?login_hint=${older.encode(0, "email")}%40example.test`;

const redirectTo =
  (status: number, location: string, cookie?: string): Script =>
  (socket) =>
    answer(socket, status, [`Location: ${location}`, ...(cookie ? [`Set-Cookie: ${cookie}`] : [])]);

const encoded =
  (coding: string, encode: (bytes: Buffer) => Buffer): Script =>
  (socket) =>
    answer(socket, 200, [JSON_TYPE, `Content-Encoding: ${coding}`], encode(Buffer.from(profile)));

const SCRIPTS: Record<string, Script> = {
  "/signups": (socket, { body }) => {
    profile = JSON.stringify({ number: "M-0001", ...(JSON.parse(body) as object) });
    const cookies = [
      "Set-Cookie: session=s3cret-0001; Path=/; HttpOnly",
      "Set-Cookie: theme=dark; Max-Age=3600",
      "Set-Cookie: old=1; Max-Age=0",
      "Set-Cookie: deep=1; Path=/deep",
    ];
    answer(socket, 201, [JSON_TYPE, "Cache-Control: no-store, private", ...cookies], profile);
  },
  "/me": (socket, { headers }) =>
    headers["cookie"]?.includes("session=s3cret-0001")
      ? answer(socket, 200, [JSON_TYPE, "Cache-Control: no-store, private"], profile)
      : answer(socket, 401, [JSON_TYPE], '{"code":"no-session"}'),
  "/cookies": (socket, { headers }) =>
    answer(socket, 200, [JSON_TYPE], JSON.stringify({ cookie: headers["cookie"] ?? "" })),
  "/redirect/see-other": redirectTo(303, "/me"),
  "/redirect/relative": redirectTo(302, "../me?from=relative"),
  "/redirect/to-echo": redirectTo(303, "/echo"),
  "/redirect/keeps-method": redirectTo(307, "/echo"),
  "/echo": (socket, { method, body }) => answer(socket, 200, [JSON_TYPE], JSON.stringify({ method, body })),
  "/redirect/with-cookie": redirectTo(303, "/cookies", "hop=1; Path=/"),
  "/redirect/circle": redirectTo(302, "/redirect/circle"),
  "/redirect/elsewhere": redirectTo(302, "http://elsewhere.invalid/me"),
  "/redirect/names-elsewhere": redirectTo(
    302,
    `http://elsewhere.invalid/me${hint}`,
    `who=${older.encode(1, "email")}`,
  ),
  "/redirect/names-in-circle": redirectTo(302, `/redirect/names-in-circle${hint}`),
  "/redirect/names-to-reset": redirectTo(302, `/reset${hint}`),
  "/redirect/not-followed": redirectTo(302, "/me"),
  "/cut": (socket) =>
    socket.end(Buffer.concat([head(200, [JSON_TYPE, "Content-Length: 1000"]), Buffer.from('{"na')])),
  "/cut-chunked": (socket) =>
    socket.end(
      Buffer.concat([head(200, [JSON_TYPE, "Transfer-Encoding: chunked"]), Buffer.from('5\r\n{"nam\r\n')]),
    ),
  "/reset": (socket) => void socket.resetAndDestroy(),
  "/closed": (socket) => void socket.end(),
  "/slow": (socket) =>
    void setTimeout(() => answer(socket, 200, [JSON_TYPE], profile), SLOW_MILLISECONDS).unref(),
  "/slow-body": (socket) =>
    void socket.write(Buffer.concat([head(200, [JSON_TYPE, "Content-Length: 10"]), Buffer.from("{")])),
  "/later": (socket) => void setTimeout(() => answer(socket, 200, [JSON_TYPE], profile), LATER_MILLISECONDS),
  "/headers/duplicate": (socket) =>
    answer(socket, 200, [JSON_TYPE, "Via: 1.1 one", "via: 1.1 two", "X-Cache: HIT", "Age: 7"], profile),
  "/headers/long": (socket) => answer(socket, 200, [JSON_TYPE, `X-Cache: ${"a".repeat(60_000)}`], profile),
  "/headers/non-ascii": (socket) => answer(socket, 200, [JSON_TYPE, "Via: 1.1 代理"], profile),
  "/encoded/gzip": encoded("gzip", gzipSync),
  "/encoded/br": encoded("br", brotliCompressSync),
  "/encoded/deflate": encoded("deflate", deflateSync),
  "/encoded/broken": encoded("gzip", (bytes) => bytes),
  "/html": (socket) =>
    answer(
      socket,
      200,
      ["Content-Type: text/html"],
      `<html><b id="who">${profile.replace(/"/g, "&quot;")}</b></html>`,
    ),
  "/error": (socket) => answer(socket, 500, ["Content-Type: text/plain"], "Internal Server Error"),
  "/busy": (socket) => answer(socket, 503, [JSON_TYPE, "Retry-After: 7"], '{"code":"busy"}'),
  "/endless": (socket) => {
    socket.write(head(200, [JSON_TYPE, "Transfer-Encoding: chunked"]));
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", more);
    more();
  },
  "/large": (socket) => answer(socket, 200, [JSON_TYPE], "x".repeat(300_000)),
  "/empty": (socket) => answer(socket, 200, []),
  "/no-content": (socket) => answer(socket, 204, []),
  "/until-closed": (socket) =>
    socket.end(Buffer.concat([head(200, [JSON_TYPE, "Connection: close"]), Buffer.from(profile)])),
  "/not-http": (socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
  /** Kept connections only: as a server whose keep-alive ran out at the wrong moment. */
  "/closes-kept": (socket, { onConnection }) =>
    onConnection === 1 ? answer(socket, 200, [JSON_TYPE], profile) : void socket.end(),
};
