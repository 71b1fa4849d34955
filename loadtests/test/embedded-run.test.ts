import { fork } from "node:child_process";
import { describe, expect, test } from "vitest";
import { sendEmbedded } from "../src/engine/embedded/send-embedded.ts";
import type { RequestEvent } from "../src/events/event.ts";
import { VISITORS_MAX } from "../src/plan/plan.ts";
import {
  donesOf,
  handmadePlan,
  handmadeTarget,
  readOwnStep,
  requestsOf,
  sendAndRead,
} from "./conformance.ts";
import { startScriptedServer } from "./scripted-server.ts";

const plain = (dueSeconds: number) => ({ behaviour: "plain" as const, dueSeconds });

describe("a run of the embedded engine", () => {
  test("sends the three controls through the real capture, and leaves them out of its counts", async () => {
    const server = fork(new URL("../bench/plain-server.ts", import.meta.url));
    const port = await new Promise((resolve) =>
      server.once("message", (message) => resolve((message as { port: number }).port)),
    );
    const target = handmadeTarget(`http://127.0.0.1:${port}`, [readOwnStep("/me")]);
    target.steps[0]!.memberId = { json: "/number" };
    const plan = handmadePlan({
      target,
      visitors: [plain(0), plain(0.05), plain(0.1)],
      readBackSeconds: 0.2,
    });
    const run = await sendAndRead(sendEmbedded, plan);
    server.kill();

    const controls = run.events.filter(
      (event): event is RequestEvent => event.type === "request" && event.control !== null,
    );
    const of = (control: string) => controls.filter((event) => event.control === control);
    expect(of("swapped-answer").map(({ own, foreign }) => [own, foreign.length > 0])).toEqual([[[], true]]);
    const duplicates = of("duplicate-id");
    expect(duplicates.map(({ class: is }) => is)).toEqual(["acknowledged", "acknowledged"]);
    expect(new Set(duplicates.map(({ visitor }) => visitor)).size).toBe(2);
    expect(new Set(duplicates.map(({ memberId }) => memberId)).size).toBe(1);
    expect(of("lost-acknowledgement").map(({ visitor, phase, class: is }) => [visitor, phase, is])).toEqual([
      [VISITORS_MAX - 1, "campaign", "acknowledged"],
      [VISITORS_MAX - 1, "read-back", "denied"],
    ]);
    // Each signs up, reads, and is read back.
    expect(run.totals).toMatchObject({ arrivals: 3, requests: 9, dones: 3 });
    expect(requestsOf(run).every(({ foreign }) => foreign.length === 0)).toBe(true);
  }, 20_000);

  test("of a crowd for several threads starts everybody once and keeps every line whole", async () => {
    const server = fork(new URL("../bench/plain-server.ts", import.meta.url));
    const port = await new Promise((resolve) =>
      server.once("message", (message) => resolve((message as { port: number }).port)),
    );
    const target = handmadeTarget(`http://127.0.0.1:${port}`, []);
    target.readBack.http = false;
    const visitors = Array.from({ length: 1_500 }, (_value, index) => ({
      ...plain(index / 1_600),
      group: index - (index % 3),
    }));
    const run = await sendAndRead(sendEmbedded, handmadePlan({ target, visitors }));
    server.kill();

    const ofType = (type: string) =>
      run.events.filter((event) => event.type === type && event.control === null);
    const started = ofType("arrival").flatMap((event) => ("visitor" in event ? [event.visitor] : []));
    expect(new Set(started).size).toBe(visitors.length);
    expect(run.totals).toMatchObject({
      stopped: null,
      arrivals: ofType("arrival").length,
      requests: ofType("request").length,
      dones: ofType("done").length,
      observations: ofType("observation").length,
    });
    expect(ofType("arrival")).toHaveLength(visitors.length);
  }, 60_000);

  test("ends within a second of the signal, with everybody who was under way cut short", async () => {
    const server = await startScriptedServer();
    const target = handmadeTarget(server.url, [readOwnStep("/slow", { timeoutSeconds: 30 })]);
    const visitors = [plain(0), plain(0.1), plain(20)];
    const controller = new AbortController();
    let abortedMs = Number.NaN;
    const underWay = setInterval(() => {
      if (server.requests.filter(({ path }) => path === "/slow").length < 2) return;
      clearInterval(underWay);
      abortedMs = performance.now();
      controller.abort("exposure");
    }, 20);
    const run = await sendAndRead(
      sendEmbedded,
      handmadePlan({ target, visitors, durationSeconds: 30 }),
      controller.signal,
    );
    const secondsToEnd = (performance.now() - abortedMs) / 1e3;
    await server.close();
    expect(secondsToEnd).toBeLessThan(1);
    expect(run.totals).toMatchObject({ stopped: "exposure", arrivals: 2, requests: 4, dones: 2 });
    expect(donesOf(run).map(({ ending }) => ending)).toEqual(["cut-short", "cut-short"]);
    expect(requestsOf(run).filter(({ reason }) => reason === "abandoned")).toHaveLength(2);
    expect(run.events.filter((event) => event.type === "observation")).toHaveLength(run.totals.observations);
  }, 20_000);

  test("drops the connection of an impatient visitor, who never comes back", async () => {
    const server = await startScriptedServer();
    const target = handmadeTarget(server.url, [readOwnStep("/me")]);
    target.steps[0]!.path = "/slow";
    const visitors = [{ behaviour: "impatient" as const, dueSeconds: 0 }];
    const run = await sendAndRead(sendEmbedded, handmadePlan({ target, visitors }));
    await server.close();
    expect(requestsOf(run).map(({ class: is, reason }) => [is, reason])).toEqual([
      ["indeterminate", "abandoned"],
    ]);
    expect(donesOf(run)).toMatchObject([{ ending: "gave-up", requests: 1, memberSinceMicroseconds: null }]);
  }, 20_000);

  test("stops when nobody listens any more for several seconds", async () => {
    const server = await startScriptedServer();
    await server.close();
    const target = handmadeTarget(server.url, []);
    const visitors = Array.from({ length: 100 }, (_value, index) => plain(index * 0.1));
    const run = await sendAndRead(sendEmbedded, handmadePlan({ target, visitors, durationSeconds: 10 }));
    expect(run.totals.stopped).toBe("target-gone");
    expect(run.totals.arrivals).toBeGreaterThan(45);
    expect(run.totals.arrivals).toBeLessThan(70);
    expect(requestsOf(run)[0]).toMatchObject({ class: "failed", reason: "connection-refused" });
  }, 20_000);
});
