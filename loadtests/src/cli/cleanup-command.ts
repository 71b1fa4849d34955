import { resolve } from "node:path";
import type { Command } from "commander";
import type { CleanUp } from "../cleanup/clean-up.ts";
import { writeCleanUpRecord } from "../cleanup/clean-up-record.ts";
import { cleanUp } from "../cleanup/clean-up-run.ts";
import { counted } from "../counted.ts";
import { readPlan } from "../plan/plan-file.ts";
import { cycleFolders, readProbeRecord } from "../probe/probe-folder.ts";
import { requireOwnConnection, requireOwnTarget } from "../target/permission.ts";
import { resolveCleanUpSecrets } from "../target/secrets.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { ownTargetOption } from "./repeatable.ts";

export function addCleanupCommand(program: Command): void {
  program
    .command("cleanup")
    .description(
      "Remove a run's people from its target again: shows how many there are, removes them with --yes.",
    )
    .argument("<RUN>", "folder of a run or a probe; plan.json in it is enough, also after it was killed")
    .option("--yes", "remove them")
    .addOption(ownTargetOption())
    .addHelpText("after", HELP)
    .action(async (folder: string, flags: CleanupFlags) => {
      const dir = resolve(folder);
      // A probe's people are in runs of their own, one for each cycle.
      const runs = (await readProbeRecord(dir)) === null ? [dir] : await cycleFolders(dir);
      if (runs.length === 0) process.stdout.write("That probe has removed its people already.\n");
      for (const run of runs) await cleanRun(run, flags, folder);
    });
}

const HELP = `
Exit codes:
    0  shown; with --yes: nobody of the run is left
    2  wrong usage, or the target cannot be asked
    3  with --yes: some are left, or nobody can count who is

Example:
  crowdproof cleanup runs/2026-12-04-default --yes
`;

interface CleanupFlags {
  yes?: boolean;
  iOwnThisTarget: string[];
}

async function cleanRun(dir: string, flags: CleanupFlags, folder: string): Promise<void> {
  const plan = await readPlan(dir);
  const { target } = plan;
  await requireOwnTarget(target, flags.iOwnThisTarget);
  const secrets = await resolveCleanUpSecrets(target, process.env);
  await requireOwnConnection(target, secrets, flags.iOwnThisTarget);
  const isMeant = flags.yes === true;
  const done = await cleanUp({ plan, secrets, isMeant });
  process.stdout.write(describe(done, plan.runId, plan.target.name, folder));
  if (isMeant) await record(dir, done);
  if (isMeant && done.left !== 0) process.exitCode = EXIT_CODES.unknown.code;
}

/** The report says what is left; a run that was killed may have none yet. */
async function record(dir: string, done: CleanUp): Promise<void> {
  await writeCleanUpRecord(dir, done);
  const { rewriteReport } = await import("../report/write-report.ts");
  await rewriteReport(dir);
}

function describe(
  { found, removed, left, remarks }: CleanUp,
  runId: string,
  target: string,
  dir: string,
): string {
  const people = (value: number | null) =>
    value === null ? "an unknown number of people" : counted(value, "{person|people}");
  const lines =
    removed === null
      ? [
          `${target} has ${people(found)} of run ${runId}. Nothing was changed.`,
          ...remarks,
          `To remove them: npx crowdproof cleanup ${dir} --yes`,
        ]
      : [
          `${removed.toLocaleString("en")} removed from ${target}; ${people(left)} of run ${runId} ${left === 1 ? "is" : "are"} left.`,
          ...remarks,
        ];
  return `${lines.join("\n")}\n`;
}
