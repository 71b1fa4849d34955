import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendEmbedded } from "../src/engine/embedded/send-embedded.ts";
import { sendK6 } from "../src/engine/k6/send-k6.ts";
import type { Plan } from "../src/plan/plan.ts";
import {
  CONFORMANCE_CASES,
  donesOf,
  expectedFacts,
  handmadePlan,
  handmadeTarget,
  recordedFacts,
  requestsOf,
  type Send,
  type SentRun,
  sendAndRead,
} from "./conformance.ts";
import { describeWith } from "./needs.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

describeWith("k6", "the k6 engine against a scripted server", (k6Path) => {
  const send: Send = (plan, options) => sendK6(plan, { ...options, k6Path });
  let server: ScriptedServer;
  let plan: Plan;
  let run: SentRun;

  beforeAll(async () => {
    server = await startScriptedServer();
    const target = handmadeTarget(
      server.url,
      CONFORMANCE_CASES.map(({ step }) => step),
      { readBack: { visibleWithinSeconds: 0, http: false } },
    );
    plan = handmadePlan({ target, visitors: [{ behaviour: "plain", dueSeconds: 0.01 }] });
    run = await sendAndRead(send, plan);
  }, 30_000);
  afterAll(() => server.close());

  test.each(CONFORMANCE_CASES)("records $name", (row) => {
    const event = requestsOf(run).find(({ step }) => step === row.step.name);
    expect(event && recordedFacts(event)).toEqual(expectedFacts(row, "k6"));
  });

  test("ends with totals that are those of the file", () => {
    const requests = CONFORMANCE_CASES.length + 1;
    expect(run.totals).toMatchObject({ engine: "k6", arrivals: 1, requests, dones: 1, stopped: null });
    expect(requestsOf(run)).toHaveLength(requests);
    expect(donesOf(run)).toMatchObject([{ visitor: 0, requests, ending: "member" }]);
    const observations = run.events.filter(({ type }) => type === "observation");
    expect(run.totals.observations).toBe(observations.length);
  });

  test("orders the times of every request", () => {
    for (const event of requestsOf(run)) {
      const { startedMicroseconds, sentMicroseconds, firstByteMicroseconds, endedMicroseconds } = event;
      const times = [startedMicroseconds, sentMicroseconds, firstByteMicroseconds, endedMicroseconds];
      const known = times.filter((time) => time !== null);
      expect(known, event.step).toEqual([...known].sort((one, other) => one - other));
    }
  });

  test("sends every attempt once, and under a name of its own", () => {
    const attempts = server.requests.map(({ headers }) => headers["x-crowdproof-attempt"]);
    expect(new Set(attempts).size).toBe(attempts.length);
  });

  describe("beside the embedded engine", () => {
    let embedded: SentRun;
    let requestsByK6: ScriptedServer["requests"];
    beforeAll(async () => {
      requestsByK6 = server.requests.splice(0);
      embedded = await sendAndRead(sendEmbedded, plan);
    }, 30_000);

    test("records the same bytes and hashes", () => {
      const sizes = ({ events }: SentRun) =>
        requestsOf({ events }).map(({ step, bodyBytes, requestBodyHash, keyHash, sessionHash }) => ({
          step,
          bodyBytes,
          requestBodyHash,
          keyHash,
          sessionHash,
        }));
      expect(sizes(run)).toEqual(sizes(embedded));
    });

    test("sends the same requests", () => {
      // The control sends when it is time for it, between any two of the visitor's own.
      expect(sorted(requestsByK6)).toEqual(sorted(server.requests));
    });
  });
});

function sorted(requests: ScriptedServer["requests"]) {
  const attemptOf = ({ headers }: ScriptedServer["requests"][number]) =>
    headers["x-crowdproof-attempt"] ?? "";
  return [...requests].sort((one, other) => (attemptOf(one) < attemptOf(other) ? -1 : 1)).map(comparable);
}

/** Cookies stand in any order; whether a connection is said to be closed is the library's. */
function comparable({ method, path, headers, body }: ScriptedServer["requests"][number]) {
  const { connection: _connection, host: _host, cookie = "", ...others } = headers;
  return { method, path, body, headers: others, cookies: cookie.split("; ").sort() };
}
