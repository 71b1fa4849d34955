import { cleanUp } from "../cleanup/clean-up-run.ts";
import { createRunId } from "../plan/run-id.ts";
import type { Target } from "../target/target.ts";
import { UsageError } from "../usage-error.ts";
import { planCycle } from "./plan-cycle.ts";

/**
 * The clean-up once, of a run that nobody is in, rolled back: before anybody is sent it is known that it can be done, and
 * that it takes nobody else where the rows can be counted. Later ones are not counted: that reads the whole table.
 */
export async function tryCleanUp(target: Target, secrets: Record<string, string>): Promise<void> {
  const plan = planCycle({
    target,
    runId: createRunId(),
    seed: 1,
    perMinute: 1,
    burst: 1,
    windowSeconds: 60,
    cycle: 0,
    endSeconds: 1,
    visitorsMax: 1,
  });
  if (plan === null) throw new Error("a burst of one is nobody");
  const done = await cleanUp({ plan, secrets, isMeant: false });
  if (done.by === "sql" && (done.found ?? 0) > 0) {
    throw new UsageError(
      `The cleanUp statement of ${target.name} would remove ${done.found} members of a run that has none. Mend it: it must name \${run}.`,
    );
  }
}
