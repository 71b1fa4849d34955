import { rm } from "node:fs/promises";
import { readCleanUpRecord } from "../cleanup/clean-up-record.ts";
import { cleanUp } from "../cleanup/clean-up-run.ts";
import type { Plan } from "../plan/plan.ts";
import { readPlan } from "../plan/plan-file.ts";
import { UsageError } from "../usage-error.ts";
import { cycleFolders } from "./probe-folder.ts";

/** A cycle whose people are to go. */
export interface PeopleToRemove {
  dir: string;
  plan: Plan;
  /** Who the target said are members: fewer must not be removed. Null where nobody counted. */
  acknowledged: number | null;
}

export interface RemoveOptions {
  secrets: Record<string, string>;
  count(isDone: boolean): void;
  say(reason: string): void;
}

/** Removes a cycle's people from the target, then its folder. False where it could not: the folder stays for the next try. */
export async function removePeople(people: PeopleToRemove, options: RemoveOptions): Promise<boolean> {
  const { dir, plan } = people;
  const { count, say } = options;
  const trouble = await tryCleanUp(people, options);
  count(trouble === null);
  if (trouble !== null) {
    say(`The people of ${plan.runId} could not be removed: ${trouble}`);
    return false;
  }
  await rm(dir, { recursive: true, force: true });
  return true;
}

/** What a probe left behind that was killed, or that kept its people. */
export async function leftBehind(dir: string): Promise<PeopleToRemove[]> {
  const left: PeopleToRemove[] = [];
  for (const folder of await cycleFolders(dir)) {
    left.push({ dir: folder, plan: await readPlan(folder), acknowledged: null });
  }
  return left;
}

/** True where `crowdproof cleanup` has removed them meanwhile. */
export async function areRemoved({ dir }: PeopleToRemove): Promise<boolean> {
  return (await readCleanUpRecord(dir))?.left === 0;
}

/** Null where it could be done. */
async function tryCleanUp(
  { plan, acknowledged }: Omit<PeopleToRemove, "dir">,
  { secrets, say }: Pick<RemoveOptions, "secrets" | "say">,
): Promise<string | null> {
  try {
    const done = await cleanUp({ plan, secrets, isMeant: true });
    if (done.left !== null && done.left > 0) return [`${done.left} are left.`, ...done.remarks].join(" ");
    // A statement that matches nobody removes nobody, and says so without an error.
    if (done.by === "sql" && acknowledged !== null && (done.removed ?? 0) < acknowledged) {
      say(
        `Of ${plan.runId} ${acknowledged} were acknowledged and ${done.removed ?? 0} removed: members were lost, or cleanUp in the target file misses some.`,
      );
    }
    return null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message;
  }
}
