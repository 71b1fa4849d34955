import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labelSetsOf } from "../../monitoring/catalogue/catalogue.ts";
import { PROBE_METRICS } from "../../monitoring/catalogue/probe-metrics.ts";
import { describeWith } from "./needs.ts";
import { createProbeStage, MS_MAX, QUICK, SOON } from "./probe-stage.ts";

const stage = createProbeStage();

describe("a probe of a signup that shows people their own", { timeout: MS_MAX }, () => {
  it("passes, removes who is older than its window while it runs, and the rest at its end", async () => {
    // Of this seed each cycle has visitors enough for the wrong answers that are put before the checks.
    const probe = await stage.startProbe(["--window", "10", "--seed", "16", "--for", "30"]);
    await expect.poll(() => stage.signup.removed(), SOON).toBeGreaterThan(0);
    expect(await probe.value("people")).toBeGreaterThan(0);
    const { exitCode, stdout } = await probe.running.ended;
    expect(exitCode, stdout).toBe(0);
    expect(stage.signup.members()).toBe(0);
    const { outcome, violations: found, peopleLeft, sawTheirOwn } = probe.verdict();
    expect({ outcome, found, peopleLeft }).toEqual({ outcome: "pass", found: {}, peopleLeft: 0 });
    expect(sawTheirOwn.visitors).toBeGreaterThan(4);
    expect(readdirSync(join(probe.dir, "cycles"))).toEqual([]);
  });

  it("has every label set of the catalogue on its page from the start, and no other metric", async () => {
    const probe = await stage.startProbe();
    const text = await probe.page();
    for (const [name, metric] of Object.entries(PROBE_METRICS)) {
      expect(text).toContain(`# HELP ${name} ${metric.meaning}\n# TYPE ${name} ${metric.type}\n`);
      for (const set of labelSetsOf(metric, { target: "leaky" })) {
        const labels = Object.entries(set).map(([label, value]) => `${label}="${value}"`);
        expect(text).toContain(`\n${name}{${labels.toSorted().join(",")}} `);
      }
    }
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names.toSorted()).toEqual(Object.keys(PROBE_METRICS).toSorted());
    await probe.stop();
  });

  it("ends by itself after its time or its visitors, and says what it cannot see", async () => {
    const probe = await stage.startProbe(["--max-visitors", "5"]);
    const { exitCode, stdout } = await probe.running.ended;
    expect({ exitCode, visitors: probe.verdict().sawTheirOwn.visitors }, stdout).toEqual({
      exitCode: 0,
      visitors: 5,
    });
    expect(stdout).toMatch(/would see +a leak that hits 1 in 10 within/);
    expect(stdout).toMatch(/sees not +what other people are shown/);
    expect(stdout).toMatch(/PASS +5 visitors saw their own data/);
  });

  it("leaves nobody behind after kill −9: whoever starts again in its folder, or cleans it up, removes them", async () => {
    const first = await stage.startProbe();
    await expect.poll(() => stage.signup.members(), SOON).toBeGreaterThan(3);
    first.running.signal("SIGKILL");
    await first.running.ended;
    const left = stage.signup.members();
    const counted = await stage.desk.run(["cleanup", first.dir]);
    expect(counted.stdout).toMatch(/would be sent for each of the \d+ people/);
    expect(stage.signup.members()).toBe(left);
    const cleaned = await stage.desk.run(["cleanup", first.dir, "--yes"]);
    expect({ exitCode: cleaned.exitCode, members: stage.signup.members() }, cleaned.stdout).toEqual({
      exitCode: 0,
      members: 0,
    });
    const again = await stage.desk.run([
      "probe",
      "leaky.yaml",
      ...QUICK,
      "--max-visitors",
      "2",
      "--out",
      first.dir,
    ]);
    expect(again.exitCode, again.stdout).toBe(0);
    expect(again.stdout).toContain("An earlier probe was ended before it had cleaned up");
  });

  it("with --keep leaves its people, and those of a killed probe, for cleanup to remove, and counts them", async () => {
    const killed = await stage.startProbe(["--keep"]);
    await expect.poll(() => stage.signup.members(), SOON).toBeGreaterThan(3);
    killed.running.signal("SIGKILL");
    await killed.running.ended;
    const { dir } = killed;
    const keep = ["--keep", "--max-visitors", "2", "--out", dir];
    const again = await stage.desk.run(["probe", "leaky.yaml", ...QUICK, ...keep]);
    expect(again.exitCode, again.stdout).toBe(0);
    const members = stage.signup.members();
    const { peopleLeft } = killed.verdict();
    expect(members).toBeGreaterThan(5);
    // Who was planned when the first probe was killed may never have signed up.
    expect(peopleLeft).toBeGreaterThanOrEqual(members);
    expect(again.stdout).toContain(`${peopleLeft - 2} people of an earlier probe stay at the target`);
    expect(again.stdout).toContain(`${peopleLeft} are still at the target`);
    const cycles = join(dir, "cycles");
    const files = readdirSync(cycles).flatMap((cycle) => readdirSync(join(cycles, cycle)));
    expect(new Set(files)).toEqual(new Set(["plan.json"]));

    const cleaned = await stage.desk.run(["cleanup", dir, "--yes"]);
    expect({ exitCode: cleaned.exitCode, left: stage.signup.members() }, cleaned.stdout).toEqual({
      exitCode: 0,
      left: 0,
    });
    const last = await stage.desk.run(["probe", "leaky.yaml", ...QUICK, ...keep]);
    expect({ left: killed.verdict().peopleLeft, members: stage.signup.members() }, last.stdout).toEqual({
      left: 2,
      members: 2,
    });
  });
});

describeWith("promtool", "a probe's page", (promtool) => {
  it("has names and types that nothing is to be said against", { timeout: MS_MAX }, async () => {
    const probe = await stage.startProbe();
    const input = await probe.page();
    const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input, encoding: "utf8" });
    expect({ status, words: stdout + stderr }).toEqual({ status: 0, words: "" });
    await probe.stop();
  });
});
