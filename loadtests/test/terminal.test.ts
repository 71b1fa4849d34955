import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createColors, hasColor } from "../src/terminal/color.ts";
import { createProgress } from "../src/terminal/progress.ts";
import { progressBlock, progressLine } from "../src/terminal/progress-lines.ts";
import { showProgress } from "../src/terminal/show-progress.ts";
import { showVerdict } from "../src/terminal/show-verdict.ts";
import { exampleHistory, exampleVerdicts } from "./report-runs.ts";

const { plan, events } = exampleHistory();
const ESCAPE = "\u001b";

function snapshotAfter(seconds: number) {
  const progress = createProgress(plan);
  for (const event of events) {
    const at =
      event.type === "arrival"
        ? event.startedMicroseconds
        : "endedMicroseconds" in event
          ? event.endedMicroseconds
          : 0;
    if (at <= seconds * 1e6) progress.add(event);
  }
  return progress.snapshot(seconds * 1e6);
}

describe("the progress of a run", () => {
  it("counts what was due, started, answered, and is under way", () => {
    const all = snapshotAfter(60);
    const count = (name: string) =>
      events.filter((event) => event.type === "request" && event.class === name).length;
    expect(all.answers).toEqual(
      ["acknowledged", "refused", "served", "indeterminate"].map((name) => ({
        class: name,
        count: count(name),
      })),
    );
    expect([all.started, all.due, all.underWay, all.leftSeconds, all.stage]).toEqual([
      plan.arrivals.dueMicroseconds.length,
      plan.arrivals.dueMicroseconds.length,
      0,
      0,
      "done",
    ]);
    const half = snapshotAfter(9.01);
    expect(half.started).toBeLessThanOrEqual(half.due);
    expect(half.underWay).toBeGreaterThan(0);
    expect(half.stage).toBe("arrivals");
    expect(half.leftSeconds).toBeCloseTo(28 - 9.01, 5);
  });

  it("leaves control events out", () => {
    const progress = createProgress(plan);
    const request = events.find((event) => event.type === "request");
    if (request?.type !== "request") throw new Error("the example has a request");
    const foreign = [{ runTag: 1, visitor: 2, field: "email", place: "body" } as const];
    progress.add({ ...request, foreign: [...foreign], control: "swapped-answer" });
    expect(progress.snapshot(0)).toMatchObject({ exposures: 0, answers: [] });
    progress.add({ ...request, foreign: [...foreign] });
    expect(progress.snapshot(0)).toMatchObject({
      exposures: 1,
      answers: [{ class: "acknowledged", count: 1 }],
    });
  });

  it("tells latency within 5 % and overlap as the pairs do", () => {
    const signups = events.flatMap((event) =>
      event.type === "request" && event.role === "sign-up" && plan.arrivals.burst[event.visitor] === 0
        ? [event]
        : [],
    );
    const meets = (one: (typeof signups)[number]) =>
      signups.some(
        (other) =>
          other.visitor !== one.visitor &&
          (other.sentMicroseconds ?? 0) < (one.firstByteMicroseconds ?? 0) &&
          (one.sentMicroseconds ?? 0) < (other.firstByteMicroseconds ?? 0),
      );
    const progress = createProgress(plan);
    const byEnd = [...events].sort((one, other) => momentOf(one) - momentOf(other));
    for (const event of byEnd) progress.add(event);
    const snapshot = progress.snapshot(60e6);
    expect(snapshot.overlapRatio).toBeCloseTo(signups.filter(meets).length / signups.length, 2);

    const recent = events
      .flatMap((event) =>
        event.type === "request" && event.request === 1 && event.endedMicroseconds >= 20e6 ? [event] : [],
      )
      .map((event) => event.endedMicroseconds - (plan.arrivals.dueMicroseconds[event.visitor] ?? 0))
      .sort((one, other) => one - other);
    const median = (recent[Math.ceil(recent.length / 2) - 1] ?? 0) / 1e6;
    expect(Math.abs((snapshot.latencyP50Seconds ?? 0) / median - 1)).toBeLessThan(0.05);
  });

  const momentOf = (event: (typeof events)[number]) =>
    event.type === "arrival"
      ? event.startedMicroseconds
      : "endedMicroseconds" in event
        ? event.endedMicroseconds
        : 0;
});

describe("the live view", () => {
  for (const columns of [80, 120]) {
    it(`is a block of the same height that fits ${columns} columns, before, during and after`, () => {
      const blocks = [0, 6, 25, 60].map((seconds) =>
        progressBlock(plan, snapshotAfter(seconds), columns, createColors(false)),
      );
      for (const block of blocks) {
        expect(block).toHaveLength(blocks[0]?.length ?? 0);
        expect(Math.max(...block.map((line) => line.length))).toBeLessThan(columns);
      }
    });
  }

  it("is one plain line without a terminal", () => {
    expect(progressLine(snapshotAfter(9.01))).toMatch(
      /^0:09 visitors arriving; [\d,]+ started of [\d,]+ due and [\d,]+ planned; .*; p50 \d+ ms, p99 \d+ ms; overlap \d+ %; exposures 0; 19 s left$/,
    );
  });

  it("writes no control sequence into a log", async () => {
    const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
    const shown = showProgress({ plan, stream, isTty: false, color: false });
    for (const event of events) shown.onEvent(event);
    shown.stop();
    shown.stop();
    await pause(1);
    const written = String(stream.read());
    expect(written.split("\n").filter((line) => line !== "")).toHaveLength(1);
    expect(written).not.toContain(ESCAPE);
  });
});

describe("the last words", () => {
  const verdicts = exampleVerdicts();

  it("say the outcome, the exposures, each check with its denominator, and where the report is", () => {
    const text = showVerdict(verdicts.fail, "/runs/one", { columns: 80, color: false });
    expect(text).toContain("┃  ✗ FAIL  ┃");
    expect(text).toContain("visitor 412 saw visitor 409: e-mail address, name");
    expect(text).toContain("and 209 more, in the report");
    expect(text).toMatch(/✗ reads-own +1,604 {2}27 times/);
    expect(text).toMatch(/– telemetry-clean +0 {2}not judged:/);
    expect(text).toContain("report     /runs/one/report.html");
    for (const { name } of verdicts.fail.checks) expect(text).toContain(name);
  });

  it("are no wider than the terminal, but for what is to be copied", () => {
    for (const outcome of ["pass", "fail", "unknown"] as const) {
      const lines = showVerdict(verdicts[outcome], "/runs/one", { columns: 80, color: false }).split("\n");
      expect(lines.filter((line) => line.length > 80 && !line.startsWith("  repeat"))).toEqual([]);
    }
  });

  it("let nothing of a target's reach the terminal as a control sequence", () => {
    const plain = showVerdict(verdicts.fail, "/runs/one", { color: false });
    expect(plain).not.toContain(ESCAPE);
    const coloured = showVerdict(verdicts.fail, "/runs/one", { color: true });
    expect(coloured).toContain(ESCAPE);
    expect(stripVTControlCharacters(coloured)).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/,
    );
  });

  it("put what made the outcome before what did not", () => {
    const text = showVerdict(verdicts.unknown, "/runs/one", { columns: 100, color: false });
    expect(text.indexOf("? acks-durable")).toBeLessThan(text.indexOf("✓ reads-own"));
  });
});

it("follows NO_COLOR, FORCE_COLOR and what the stream is", () => {
  const cases = [
    { name: "terminal", stream: { isTTY: true }, env: {}, expected: true },
    { name: "pipe", stream: {}, env: {}, expected: false },
    { name: "NO_COLOR", stream: { isTTY: true }, env: { NO_COLOR: "1", FORCE_COLOR: "1" }, expected: false },
    { name: "empty NO_COLOR", stream: { isTTY: true }, env: { NO_COLOR: "" }, expected: true },
    { name: "FORCE_COLOR in a pipe", stream: {}, env: { FORCE_COLOR: "1" }, expected: true },
    { name: "dumb terminal", stream: { isTTY: true }, env: { TERM: "dumb" }, expected: false },
  ];
  expect(cases.map(({ name, stream, env }) => ({ name, is: hasColor(stream, env) }))).toEqual(
    cases.map(({ name, expected }) => ({ name, is: expected })),
  );
});
