import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** `refused`: it has read this body and says no to it, and would again. `away`: everything else, and may be over soon. */
export type Posted = "taken" | "refused" | "away";

/** Posts to one Alertmanager, over connections that are kept. */
export interface AlertPost {
  /** Never rejects. */
  post(body: string): Promise<Posted>;
  /** The same, without further tries. */
  postOnce(body: string): Promise<Posted>;
  close(): void;
}

/** One try: a connection over an ocean and an answer. */
const TRY_MS_MAX = 1_000;
/** Before each further try: a process that restarts is back after the last. All tries together take 4.6 s at most. */
const PAUSES_MS = [100, 500] as const;
/** Ours are a tenth of it. What is longer is a bug, and is not sent to whoever reads pages. */
const BODY_BYTES_MAX = 8_192;
/** Alertmanager answers with nothing, or with a line of what is wrong. */
const ANSWER_BYTES_MAX = 16_384;

/** `baseUrl` may have a path, and a user and password. */
export function createAlertPost(baseUrl: string): AlertPost {
  const url = new URL(`${baseUrl.replace(/\/+$/, "")}/api/v2/alerts`);
  // Node's own module and not fetch, which takes 30 ms of this process to load at the first call.
  const { request, Agent } = url.protocol === "https:" ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 4, timeout: TRY_MS_MAX });
  const closing = new AbortController();

  function tryOnce(body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TRY_MS_MAX)]);
      request(url, { method: "POST", agent, headers, signal }, (answer) => {
        let bytes = 0;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) answer.destroy(new Error("the answer is too long"));
        });
        answer.once("error", reject);
        answer.once("end", () => resolve(answer.statusCode ?? 0));
      })
        .once("error", reject)
        .end(body);
    });
  }

  async function postOnce(body: string): Promise<Posted> {
    if (Buffer.byteLength(body) > BODY_BYTES_MAX) return "refused";
    const status = await tryOnce(body).catch(() => undefined);
    if (status === undefined) return "away";
    if (status >= 200 && status < 300) return "taken";
    return REFUSALS.has(status) ? "refused" : "away";
  }

  return {
    async post(body) {
      for (const pauseMs of PAUSES_MS) {
        const posted = await postOnce(body);
        if (posted !== "away" || closing.signal.aborted) return posted;
        await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      }
      return postOnce(body);
    },
    postOnce,
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}

/**
 * Alertmanager's words on a body. No other status is one: a proxy has 404 during a rollout, a password being changed 401, and
 * a redirect leads to where Alertmanager is not yet.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
