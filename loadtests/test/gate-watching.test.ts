import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kill } from "./command-line.ts";
import { describeWith } from "./needs.ts";
import { createShortGate, RUN_MS_MAX } from "./short-gate.ts";

const gate = createShortGate();

describe("a gate that demands alerts and cannot have them", () => {
  it("is unknown without Prometheus, and says how to get it", { timeout: RUN_MS_MAX }, async () => {
    const { exitCode } = await gate.start(["--alerts"], { PROMETHEUS_BIN: "/nowhere/prometheus" }).ended;
    expect({ exitCode, ...gate.watching() }).toEqual({
      exitCode: 3,
      outcome: "unknown",
      judged: "unknown",
      summary: expect.stringMatching(
        /prometheus is not here: PROMETHEUS_BIN is \/nowhere\/prometheus, which is no program/,
      ),
    });
  });

  it("takes a name that no rule has for a slip of the finger", async () => {
    expect(await gate.start(["--expect-alert", "IdAnomali"]).ended).toMatchObject({
      exitCode: 2,
      stderr: "--expect-alert IdAnomali: no rule has this name. Did you mean IdAnomaly?\n",
    });
    expect(await gate.start(["--expect-alert", "Nonsense"]).ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/There are: IdAnomaly, /),
    });
  });

  it("wants to know what for, where it is told whom to ask", async () => {
    expect(await gate.start(["--prometheus", "http://127.0.0.1:9"]).ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/add --alerts/),
    });
  });
});

describeWith("prometheus", "a gate that demands alerts", () => {
  it("is unknown where it was stopped before the alerts had settled", { timeout: RUN_MS_MAX }, async () => {
    const run = gate.start(["--alerts"]);
    const history = join(gate.desk.path, "run", "events.ndjson");
    // The rows are what is looked at before the alerts.
    const isReadBack = () =>
      existsSync(history) && readFileSync(history, "utf8").includes('"kind":"rows-end"');
    await expect.poll(isReadBack, { timeout: RUN_MS_MAX / 2, interval: 50 }).toBe(true);
    run.signal("SIGINT");
    await run.ended;
    expect(gate.watching()).toMatchObject({
      outcome: "unknown",
      judged: "unknown",
      summary: expect.stringMatching(/the run was stopped before the alerts had settled/),
    });
  });

  it("is unknown where Prometheus was killed in the middle", { timeout: RUN_MS_MAX }, async () => {
    const run = gate.start(["--alerts"]);
    await run.until("Sending with");
    const line = gate.desk.processes().find((each) => /\/prometheus --/.test(each));
    if (line === undefined) throw new Error(`no Prometheus in ${gate.desk.processes().join("\n")}`);
    kill(Number(line.split(":")[0]));
    expect(await run.ended).toMatchObject({ exitCode: 3 });
    expect(gate.watching()).toMatchObject({
      outcome: "unknown",
      judged: "unknown",
      summary: expect.stringMatching(/Prometheus gave no answer/),
    });
  });
});
