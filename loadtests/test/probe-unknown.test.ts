import { describe, expect, it } from "vitest";
import { createProbeStage, MS_MAX, POSITIVES, QUICK, SOON } from "./probe-stage.ts";

const stage = createProbeStage();

describe("a probe that can see nothing", { timeout: MS_MAX }, () => {
  it("is unknown, and says that and why, where the target is not there, and when it goes", async () => {
    const probe = await stage.startProbe();
    await expect.poll(() => probe.value(POSITIVES), SOON).toBeGreaterThan(0);
    await stage.signup.close();
    await probe.running.until("nobody sees their own data, so nothing can be seen");
    const lastPositive = await probe.value("last_positive_timestamp_seconds");
    await expect.poll(() => probe.value('visitors_total{outcome="failed"'), SOON).toBeGreaterThan(4);
    expect(await probe.value("last_positive_timestamp_seconds")).toBe(lastPositive);
    await expect.poll(() => probe.value('unknown{check="ids-unique"'), SOON).toBe(1);
    expect(await probe.stop(), probe.running.said()).toBe(3);
    // Its people could not be removed either.
    expect(probe.running.said()).toMatch(
      /\d+ are still at the target. To remove them: npx crowdproof cleanup/,
    );
    const absent = await stage.desk.run(["probe", "leaky.yaml", ...QUICK, "--max-visitors", "3"]);
    expect(absent.exitCode, absent.stdout).toBe(3);
    expect(absent.stdout).toContain("Nobody answers at");
    expect(absent.stdout).toMatch(/UNKNOWN +none of 3 visitors was shown their own data/);
    await stage.replaceSignup();
  });

  it("is unknown where a campaign is halted", async () => {
    stage.signup.answerHalts([200]);
    await fetch(`${stage.signup.url}/halt`, { method: "POST", body: "{}" });
    const probe = await stage.startProbe(["--max-visitors", "4"]);
    const { exitCode, stdout } = await probe.running.ended;
    expect({ exitCode, visitors: probe.verdict().visitors }, stdout).toEqual({
      exitCode: 3,
      visitors: { halted: 4 },
    });
  });
});
