import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly cookie: string | undefined;
  readonly json: Record<string, unknown>;
}

/** One kept connection, so that everything on it reaches the same worker process. */
export interface Connection {
  ask(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: unknown },
  ): Promise<Answer>;
  close(): void;
}

const ANSWER_MS_MAX = 30_000;

export function openConnection(url: string): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: (method, path, { headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const sent = request(`${url}${path}`, {
          agent,
          method,
          timeout: ANSWER_MS_MAX,
          headers: {
            ...headers,
            ...(text === undefined
              ? {}
              : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
          },
        });
        sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
        sent.on("error", reject);
        sent.on("response", (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const said = Buffer.concat(chunks).toString("utf8");
            resolve({
              status: response.statusCode ?? 0,
              cookie: response.headers["set-cookie"]?.[0]?.split(";")[0],
              json: said.startsWith("{") ? (JSON.parse(said) as Record<string, unknown>) : {},
            });
          });
        });
        sent.end(text);
      }),
    close: () => agent.destroy(),
  };
}
