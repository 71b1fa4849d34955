import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendEmbedded } from "../src/engine/embedded/send-embedded.ts";
import {
  CONFORMANCE_CASES,
  donesOf,
  expectedFacts,
  handmadePlan,
  handmadeTarget,
  readOwnStep,
  recordedFacts,
  requestsOf,
  type SentRun,
  SIGN_UP,
  sendAndRead,
} from "./conformance.ts";
import { type ScriptedRequest, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

describe("the embedded engine against a scripted server", () => {
  let server: ScriptedServer;
  let run: SentRun;

  beforeAll(async () => {
    server = await startScriptedServer();
    const target = handmadeTarget(
      server.url,
      CONFORMANCE_CASES.map(({ step }) => step),
      { readBack: { visibleWithinSeconds: 0, http: false } },
    );
    const plan = handmadePlan({ target, visitors: [{ behaviour: "plain", dueSeconds: 0.01 }] });
    run = await sendAndRead(sendEmbedded, plan);
  }, 20_000);
  afterAll(() => server.close());

  test.each(CONFORMANCE_CASES)("records $name", (row) => {
    const event = requestsOf(run).find(({ step }) => step === row.step.name);
    expect(event && recordedFacts(event)).toEqual(expectedFacts(row, "embedded"));
  });

  test("ends with totals that are those of the file", () => {
    const requests = CONFORMANCE_CASES.length + 1;
    expect(run.totals).toMatchObject({ engine: "embedded", arrivals: 1, requests, dones: 1, stopped: null });
    expect(requestsOf(run)).toHaveLength(requests);
    expect(donesOf(run)).toMatchObject([{ visitor: 0, requests, ending: "member" }]);
  });

  test("orders the times of every request", () => {
    for (const event of requestsOf(run)) {
      const { startedMicroseconds, sentMicroseconds, firstByteMicroseconds, endedMicroseconds } = event;
      const known = [startedMicroseconds, sentMicroseconds, firstByteMicroseconds, endedMicroseconds].filter(
        (time) => time !== null,
      );
      expect(known, event.step).toEqual([...known].sort((one, other) => one - other));
    }
  });

  test("sends the cookies of the path, and none that were deleted", () => {
    const [ordinary, redirected] = server.requests.filter(({ path }) => path === "/cookies");
    expect(cookiesOf(ordinary)).toEqual(["session=s3cret-0001", "theme=dark"]);
    expect(cookiesOf(redirected)).toEqual(["hop=1", "session=s3cret-0001", "theme=dark"]);
  });

  test("sends every attempt once, and under a name of its own", () => {
    const attempts = server.requests.map(({ headers }) => headers["x-crowdproof-attempt"]);
    expect(new Set(attempts).size).toBe(attempts.length);
  });
});

describe("the embedded engine on kept connections", () => {
  test("sends nothing twice when a kept connection is closed instead of an answer", async () => {
    const server = await startScriptedServer();
    const steps = [readOwnStep("/closes-kept"), readOwnStep("/me")];
    const target = handmadeTarget(server.url, steps, { connections: "kept" });
    target.readBack.http = false;
    target.steps[0] = { ...SIGN_UP, path: "/closes-kept" };
    const visitors = [
      { behaviour: "plain" as const, dueSeconds: 0 },
      { behaviour: "plain" as const, dueSeconds: 1.5 },
    ];
    const run = await sendAndRead(sendEmbedded, handmadePlan({ target, visitors }));
    await server.close();
    const attempts = server.requests.map(({ headers }) => headers["x-crowdproof-attempt"]);
    expect(attempts).toEqual([...new Set(attempts)]);
    expect(requestsOf(run).map(({ step, reason }) => [step, reason])).toEqual([
      ["sign-up", "unclassified"],
      ["sign-up", "reset"],
    ]);
  });
});

function cookiesOf(request: ScriptedRequest | undefined): string[] {
  return (request?.headers["cookie"] ?? "").split("; ").sort();
}
