import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { reachState } from "../states/reach-state.ts";
import { openStage, type Stage } from "../states/stage.ts";
import { STAGES, STATES, type StageName } from "../states/states.ts";
import { readRunbook, runbookNames, type Step } from "./read-runbook.ts";
import { runSteps, type Shell, type StepResult } from "./run-steps.ts";

const ROOT = join(import.meta.dirname, "../..");
/** A state is waited for up to 60 s, and its commands run up to 90; on a quiet machine both take a tenth of that. */
const TEST_MS_MAX = 170_000;

export interface ExecuteOptions {
  /** A service of its own for each state: a door remembers the troubles of the one before, and tells people other times. */
  readonly isStageForEach?: boolean;
}

/** Brings about each state of a stage, and types its runbook's commands, in their order, as its reader would. */
export function executeRunbooks(stageName: StageName, { isStageForEach = false }: ExecuteOptions = {}): void {
  vi.setConfig({ testTimeout: TEST_MS_MAX, hookTimeout: TEST_MS_MAX });
  let stage: Stage;
  (isStageForEach ? beforeEach : beforeAll)(async () => {
    stage = await openStage(STAGES[stageName]);
  });
  (isStageForEach ? afterEach : afterAll)(() => stage?.close());

  if (stageName === "plain")
    it("the commands of the tickets, which wake nobody, work where all is well", async () => {
      const tickets = runbookNames("en").filter((name) => STATES.every(({ alert }) => alert !== name));
      expect(tickets.length).toBeGreaterThan(0);
      expect(
        await failuresOf(
          tickets.flatMap((name) => readRunbook("en", name).steps),
          stage,
        ),
      ).toEqual([]);
    });

  for (const { alert, how } of STATES.filter((state) => state.stage === stageName)) {
    it(`${alert}: each command does what its runbook says (${how})`, async () => {
      const state = await reachState(alert, stage, { isStageShared: !isStageForEach });
      try {
        const { steps } = readRunbook("en", alert);
        expect(await failuresOf(steps, stage)).toEqual([]);
        // The one command that is asked in the reader's language.
        const japanese = readRunbook("ja", alert).steps.filter(({ commands }) =>
          commands.includes("--lang ja"),
        );
        if (alert === "IdAnomaly") expect(await failuresOf(japanese, stage)).toEqual([]);
      } finally {
        await state.end();
      }
    });
  }
}

async function failuresOf(steps: readonly Step[], stage: Stage): Promise<unknown[]> {
  const home = await mkdtemp(join(tmpdir(), "crowdproof-home-"));
  try {
    const results = await runSteps(steps, await shellOf(stage, home));
    return results.filter(({ isAsSaid }) => !isAsSaid).map(tell);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const tell = ({ step: { commands, expected }, output }: StepResult) => ({ commands, expected, output });

/** What `npm run up` and the documents define, for the first person; the second has a token of their own. */
export async function shellOf(stage: Stage, home: string): Promise<Shell> {
  const databaseUrlFile = join(home, "database.url");
  await writeFile(databaseUrlFile, stage.databaseUrl, { mode: 0o600 });
  return {
    cwd: ROOT,
    home,
    colleagueTokenFile: stage.tokenFiles.taro,
    env: {
      // What the target file asks for; visitors go where the probe's go.
      ...stage.service.environment,
      CROWDPROOF_TARGET_URL: stage.probeWire?.url ?? stage.service.url,
      SERVICE: stage.service.url,
      ADMIN: stage.adminUrl,
      PROMETHEUS: stage.stack.prometheusUrl,
      ALERTMANAGER: stage.stack.alertmanagerUrl,
      RECEIVER: stage.stack.receiverUrl,
      ...(stage.probeUrl === null ? {} : { PROBE: stage.probeUrl }),
      OPERATOR_TOKEN_FILE: stage.tokenFiles.jane,
      DATABASE_URL_FILE: databaseUrlFile,
      SERVICE_PID: String(stage.service.pid),
      SPOOL_DIR: stage.spoolFolder,
    },
  };
}
