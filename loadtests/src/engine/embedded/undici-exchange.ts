import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { RawAnswer } from "../port.ts";
import type { Exchange } from "./exchange.ts";

/** Sends one request by undici: on a connection that is kept, or by HTTP/2. */
export function dispatchExchange(exchange: Exchange, dispatcher: Dispatcher, url: URL): Promise<RawAnswer> {
  const { method, headers, body } = exchange.request;
  try {
    dispatcher.dispatch(
      { method, path: url.pathname + url.search, headers: latin1Headers(headers), body },
      handlerOf(exchange),
    );
  } catch (error) {
    exchange.fail(error);
  }
  return exchange.answer;
}

function handlerOf(exchange: Exchange): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      exchange.abortWith(() => controller.abort(new Error("lost")));
    },
    onRequestSent: () => exchange.noteSent(),
    onResponseStarted: () => exchange.noteFirstByte(),
    onResponseStart(controller, status, headers) {
      if (status < 200) return;
      exchange.takeStatus(status);
      for (const [name, value] of headerLines(controller.rawHeaders, headers))
        exchange.takeHeader(name, value);
    },
    // undici reuses nothing of a chunk, so that it can be kept without a copy.
    onResponseData: (_controller, chunk) => exchange.takeBody(chunk),
    onResponseEnd: () => exchange.end(),
    onResponseError: (_controller, error) => exchange.fail(error),
  };
}

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
  parsed: IncomingHttpHeaders,
): Generator<[string, string]> {
  if (Array.isArray(raw)) {
    for (let index = 0; index + 1 < raw.length; index += 2) {
      yield [String(raw[index]).toLowerCase(), String(raw[index + 1])];
    }
    return;
  }
  for (const [name, values] of Object.entries(parsed)) {
    for (const value of [values ?? []].flat()) yield [name.toLowerCase(), value];
  }
}
