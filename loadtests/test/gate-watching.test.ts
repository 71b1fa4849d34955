import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Desk, kill, openDesk, readVerdict } from "./command-line.ts";
import { describeWith } from "./needs.ts";

const RUN_MS_MAX = 180_000;

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
  writeFileSync(
    join(desk.path, "short.yaml"),
    `claim: wiring
arrivals:
  pieces:
    - { name: trickle, shape: constant, seconds: 6, perSecond: 10 }
thinkTimes: { betweenSteps: { kind: constant, seconds: 0.05 } }
drainSeconds: 1
readBackSeconds: 1
`,
  );
});
afterEach(async () => {
  const left = { processes: await desk.processesAfter(15), folders: desk.temporary() };
  await desk.close();
  expect(left).toEqual({ processes: [], folders: [] });
});

const gate = (args: string[], env: Record<string, string> = {}) =>
  desk.start(["gate", "short.yaml", "--engine", "embedded", "--out", "run", ...args], { env });

function watching() {
  const { outcome, checks } = readVerdict(join(desk.path, "run"));
  const check = checks.find(({ name }) => name === "watching");
  return { outcome, summary: check?.summary, judged: check?.judged === true ? check.outcome : null };
}

describe("a gate that demands alerts and cannot have them", () => {
  it("is unknown without Prometheus, and says how to get it", { timeout: RUN_MS_MAX }, async () => {
    const { exitCode } = await gate(["--alerts"], { PROMETHEUS_BIN: "/nowhere/prometheus" }).ended;
    expect({ exitCode, ...watching() }).toEqual({
      exitCode: 3,
      outcome: "unknown",
      judged: "unknown",
      summary: expect.stringMatching(/prometheus is not here: apt-get install prometheus/),
    });
  });

  it("takes a name that no rule has for a slip of the finger", async () => {
    expect(await gate(["--expect-alert", "IdAnomali"]).ended).toMatchObject({
      exitCode: 2,
      stderr: "--expect-alert IdAnomali: no rule has this name. Did you mean IdAnomaly?\n",
    });
    expect(await gate(["--expect-alert", "Nonsense"]).ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/There are: IdAnomaly, /),
    });
  });

  it("wants to know what for, where it is told whom to ask", async () => {
    expect(await gate(["--prometheus", "http://127.0.0.1:9"]).ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/add --alerts/),
    });
  });
});

describeWith("prometheus", "a gate that demands alerts", () => {
  it("is unknown where Prometheus was killed in the middle", { timeout: RUN_MS_MAX }, async () => {
    const run = gate(["--alerts"]);
    await run.until("Sending with");
    const line = desk.processes().find((each) => /\/prometheus --/.test(each));
    if (line === undefined) throw new Error(`no Prometheus in ${desk.processes().join("\n")}`);
    kill(Number(line.split(":")[0]));
    expect(await run.ended).toMatchObject({ exitCode: 3 });
    expect(watching()).toMatchObject({
      outcome: "unknown",
      judged: "unknown",
      summary: expect.stringMatching(/Prometheus gave no answer/),
    });
  });
});
