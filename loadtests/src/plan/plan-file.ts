import { existsSync } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../usage-error.ts";
import { BEHAVIOURS, CLAIMS, type Plan, RUN_FORMAT, VISITORS_MAX } from "./plan.ts";

const PLAN_FILE = "plan.json";

/**
 * Writes plan.json into the run folder (made with mode 0700 if need be) before anything is sent. A folder that
 * holds a run already is refused: two histories in one file could never be told apart.
 */
export async function writePlan(dir: string, plan: Plan): Promise<void> {
  try {
    await makeFolder(dir);
    const file = await open(join(dir, PLAN_FILE), "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(plan)}\n`);
      // The run may be killed with -9 at any later moment and must still be judged.
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new UsageError(whyUnwritable(dir, cause), { cause });
  }
}

/** A folder of mode 0700 with its parents. By hand, because `mkdir` with `recursive` never ends where a parent takes no folders (Node 26, /proc). */
export async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT" || existsSync(dirname(dir))) throw error;
    await makeFolder(dirname(dir));
    await mkdir(dir, { mode: 0o700 });
  }
}

/** Reads a run folder's plan.json. UsageError where it is absent, cut short, of another version or not a plan. */
export async function readPlan(dir: string): Promise<Plan> {
  const plan = parse(dir, await readText(dir));
  const format = isRecord(plan) ? plan["format"] : undefined;
  if (format !== RUN_FORMAT) {
    const found = format === undefined ? "no format" : `format ${JSON.stringify(format)}`;
    throw new UsageError(
      `${join(dir, PLAN_FILE)} has ${found}, this Crowdproof reads format ${RUN_FORMAT}. ` +
        "Judge the run with the version that made it, or run the campaign again.",
    );
  }
  const wrong = whatIsWrong(plan as Record<string, unknown>);
  if (wrong) throw new UsageError(`${join(dir, PLAN_FILE)} is damaged: ${wrong}. Run the campaign again.`);
  return plan as unknown as Plan;
}

async function readText(dir: string): Promise<string> {
  try {
    return await readFile(join(dir, PLAN_FILE), "utf8");
  } catch (cause) {
    const code = codeOf(cause);
    const why =
      code === "ENOENT" || code === "ENOTDIR" ? "holds no" : `has an unreadable (${code ?? String(cause)})`;
    throw new UsageError(`${dir} ${why} ${PLAN_FILE}. Name a run folder: crowdproof judge DIR`, { cause });
  }
}

function parse(dir: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${join(dir, PLAN_FILE)} is cut short or not JSON. Run the campaign again.`, {
      cause,
    });
  }
}

/** What a judge relies on; the rest of the plan was checked when it was compiled. */
function whatIsWrong(plan: Record<string, unknown>): string | undefined {
  const { runId, claim, arrivals, target, limits } = plan;
  if (typeof runId !== "string" || !/^cp-[0-9a-z]{13}$/.test(runId)) return "its run id is not one";
  if (!CLAIMS.some((known) => known === claim)) return "its claim is unknown";
  if (!isRecord(target) || !isRecord(limits)) return "its target or its limits are missing";
  if (!isRecord(arrivals)) return "its arrivals are missing";
  const columns = ["dueMicroseconds", "behaviour", "group", "burst"].map((column) => arrivals[column]);
  if (!columns.every(isCounts)) return "its arrivals are not whole numbers";
  const [due = [], behaviour = [], group = []] = columns;
  if (columns.some(({ length }) => length !== due.length)) return "its arrivals are of different lengths";
  if (due.length === 0 || due.length > VISITORS_MAX) return `it has ${due.length} visitors`;
  if (due.some((microseconds, at) => at > 0 && microseconds < due[at - 1]!))
    return "its arrivals are not sorted";
  if (behaviour.some((index) => index >= BEHAVIOURS.length)) return "it has an unknown behaviour";
  if (group.some((first, at) => first > at)) return "a group begins after its members";
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function whyUnwritable(dir: string, cause: unknown): string {
  switch (codeOf(cause)) {
    case "EEXIST":
      return `${dir} holds a run already, or is not a folder. Choose another: --out DIR`;
    case "ENOSPC":
    case "EDQUOT":
      return `No space is left for ${dir}. Free some, or choose another disk: --out DIR`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOENT":
    case "ENOTDIR":
      return `${dir} cannot be written. Choose a folder of yours: --out DIR`;
    default:
      return `${dir} cannot be written (${cause instanceof Error ? cause.message : String(cause)}). Choose another: --out DIR`;
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
}
