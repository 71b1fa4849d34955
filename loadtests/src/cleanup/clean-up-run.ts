import { UsageError } from "../usage-error.ts";
import { cleanBySql } from "./clean-by-sql.ts";
import { cleanByStep } from "./clean-by-step.ts";
import type { CleanUp, CleanUpOptions } from "./clean-up.ts";

/**
 * Removes a run's people as its target file says: whoever the plan says they are, not who was acknowledged, so that lost
 * answers and killed gates leave nobody behind. Doing it again changes nothing.
 */
export async function cleanUp(options: CleanUpOptions): Promise<CleanUp> {
  const { cleanUp: declared, name } = options.plan.target;
  if (declared === undefined) {
    throw new UsageError(
      `${name} has no cleanUp in its target file, so nobody knows how to remove its people.`,
    );
  }
  return "sql" in declared
    ? await cleanBySql(declared.sql, options)
    : await cleanByStep(declared.step, options);
}
