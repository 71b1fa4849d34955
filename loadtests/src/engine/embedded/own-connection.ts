import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import { createAnswerReader, type Reading } from "./answer-reader.ts";
import type { Exchange } from "./exchange.ts";

/** Sends one HTTP/1.1 request on a connection of its own, which is closed after the answer. */
export function sendOnOwnConnection(exchange: Exchange, connect: buildConnector.connector, url: URL): void {
  const head = headOf(exchange, url);
  if (head === null) {
    void exchange.lose("bad-http");
    return;
  }
  const connecting: unknown = connect(
    {
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      host: url.host,
      protocol: url.protocol,
      port: url.port,
    },
    (error, socket) => {
      if (error !== null) exchange.fail(error);
      else if (exchange.isSettled) socket.destroy();
      else exchangeOn(socket, exchange, head + (exchange.request.body ?? ""));
    },
  );
  exchange.abortWith(() => (connecting as Socket | undefined)?.destroy());
}

function exchangeOn(socket: Socket, exchange: Exchange, text: string): void {
  const reader = createAnswerReader(exchange.request.method, exchange);
  const look = (reading: Reading) => {
    if (reading === "under-way") return;
    if (reading === "whole") exchange.end();
    else void exchange.lose("bad-http");
    socket.destroy();
    forget(socket);
  };
  socket.on("data", (chunk: Buffer) => {
    exchange.noteFirstByte();
    look(reader.push(chunk));
  });
  socket.on("end", () => look(reader.end()));
  socket.on("error", (error) => exchange.fail(error));
  // In the middle of an answer, or instead of one.
  socket.on("close", () => void exchange.lose(exchange.hasBegun ? "cut" : "reset"));
  // Headers go out as the bytes of their UTF-8, as from k6.
  socket.write(text, "utf8");
  exchange.noteSent();
}

/**
 * A closed socket outlives several scavenges (V8 14.6: cycles through functions end with the next full collection), and
 * everything its listeners know with it.
 */
function forget(socket: Socket): void {
  socket.removeAllListeners();
  socket.on("error", ignore);
}

function ignore(): void {}

/** A body is announced where the method expects one, even if there is none (RFC 9110, section 8.6). */
const METHODS_WITH_BODY = ["POST", "PUT", "PATCH"];

/** Null where a header would end too early and become two. */
function headOf({ request }: Exchange, url: URL): string | null {
  const { method, headers, body } = request;
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  if (headers["host"] === undefined) head += `host: ${url.host}\r\n`;
  if (headers["connection"] === undefined) head += "connection: close\r\n";
  for (const name in headers) {
    const value = headers[name]!;
    if (BREAKING.test(value) || BREAKING.test(name)) return null;
    head += `${name}: ${value}\r\n`;
  }
  if (body !== null || METHODS_WITH_BODY.includes(method)) {
    head += `content-length: ${Buffer.byteLength(body ?? "")}\r\n`;
  }
  return `${head}\r\n`;
}

const BREAKING = /[\x00-\x08\x0a-\x1f\x7f]/;
