import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { reopenByTwo } from "../states/reopen-by-two.ts";
import { openStage, type Stage } from "../states/stage.ts";
import { shellOf } from "./execute-runbooks.ts";
import { readRunbook } from "./read-runbook.ts";
import { runSteps } from "./run-steps.ts";

const TEST_MS_MAX = 120_000;
/** What the runbook counts beside the time since the halt, so that two scrapes lie in it. */
const MARGIN_MS = 15_000;
/** Some scrapes of the quick rules. */
const SCRAPED_MS = 2_000;

describeWith("prometheus", "how many were turned away", () => {
  describeWith("curl", "with curl", () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage();
    }, TEST_MS_MAX);
    afterAll(() => stage?.close());

    it(
      "counts those since this halt, and not those of the one before",
      async () => {
        await haltAndTurnAway(stage, 20);
        await reopenByTwo(stage.admin, "the exercise is over");
        await sleep(MARGIN_MS + SCRAPED_MS);
        await haltAndTurnAway(stage, 4);
        const home = await mkdtemp(join(tmpdir(), "crowdproof-home-"));
        try {
          const steps = readRunbook("en", "CampaignHalted").steps.filter(
            ({ heading }) => heading === "How big is it?",
          );
          const [counted] = await runSteps(steps, await shellOf(stage, home));
          expect(counted).toMatchObject({ isAsSaid: true });
          // Prometheus reckons what it saw onto the whole time that is asked for.
          const number = Number(/([\d.]+)\D*$/.exec(counted?.output ?? "")?.[1]);
          expect(number).toBeGreaterThan(3);
          expect(number).toBeLessThan(6);
        } finally {
          await rm(home, { recursive: true, force: true });
        }
      },
      TEST_MS_MAX,
    );
  });
});

async function haltAndTurnAway({ service, admin }: Stage, people: number): Promise<void> {
  await admin("/halt", "jane", { reason: "an exercise" });
  for (let sent = 0; sent < people; sent += 1) {
    const answer = await fetch(`${service.url}/signups`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": `turned-away-${sent}` },
      body: "{}",
    });
    expect(answer.status).toBe(503);
    await answer.body?.cancel();
  }
  await sleep(SCRAPED_MS);
}
