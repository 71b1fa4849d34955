import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createRandom, healthyAnswers, KEYS } from "../../bench/healthy-answers.ts";
import { createGuard, type GuardParts } from "./guard.ts";

const answers = healthyAnswers(createRandom(1), 1, true);
const textOf = (kind: string) =>
  answers.find((answer) => answer.kind === kind)?.given.text ?? expect.fail(`there is no ${kind}`);
const JSON_HEADERS = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store, private",
};
const sendJson = (response: ServerResponse, text: string) => response.writeHead(200, JSON_HEADERS).end(text);

/** A witness that cannot be read: the guard itself fails. */
function sendBroken(response: ServerResponse): void {
  const witness = new Proxy(
    {},
    {
      ownKeys() {
        throw new TypeError();
      },
    },
  );
  Object.assign(response, { [Symbol.for("crowdproof.witness")]: witness });
  response
    .writeHead(200, { "content-type": "text/html", "cache-control": "no-store, private" })
    .end("<p></p>");
}

test.each([
  {
    name: "an answer that is not in the table",
    mode: "block",
    path: "/me",
    answer: (response: ServerResponse) => response.writeHead(418).end(),
    status: 503,
    warned: [
      [
        { route: "GET /me", status: 418, why: "status" },
        "the guard withheld an answer that is not in its table",
      ],
    ],
  },
  {
    name: "an answer at which the guard failed",
    mode: "block",
    path: "/member",
    answer: sendBroken,
    status: 503,
    warned: [
      [{ route: "other", status: 200, why: "TypeError" }, "the guard failed at an answer and withheld it"],
    ],
  },
  {
    name: "an answer at which the guard failed while it only observed",
    mode: "observe",
    path: "/member",
    answer: sendBroken,
    status: 200,
    warned: [
      [
        { route: "other", status: 200, why: "TypeError" },
        "the guard failed at an answer and let it go: it only observes",
      ],
    ],
  },
  {
    name: "an anomaly that could not be recorded",
    mode: "block",
    path: "/me",
    answer: (response: ServerResponse) => sendJson(response, textOf("profile")),
    status: 503,
    warned: [
      [
        { route: "GET /me", status: 0, why: "RangeError" },
        "an anomaly was withheld and could not be recorded",
      ],
    ],
  },
] as const)("the log is told of $name in its own words", async ({ mode, path, answer, status, warned }) => {
  const said: unknown[][] = [];
  const parts: GuardParts = {
    keys: KEYS,
    mode,
    record: () => Promise.reject(new RangeError()),
    raiseAlarm() {},
    countAnomaly() {},
    count() {},
    served() {},
    warn: (...words) => said.push(words),
  };
  const guarded = createGuard(parts).around((_request, response) => void answer(response));
  const server = createServer(guarded).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const reply = await fetch(`http://127.0.0.1:${port}${path}`);
  await reply.text();
  server.closeAllConnections();
  server.close();
  expect([reply.status, said]).toEqual([status, warned]);
});
