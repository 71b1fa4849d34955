import { resolveCleanUpSecrets, resolveSecrets } from "../target/secrets.ts";
import type { Target } from "../target/target.ts";

/**
 * What of a target a probe judges: what its own visitors are answered. Reading all rows, logs and counters of a system in
 * production each minute is no trickle, and says nothing about a few visitors.
 */
export function targetForProbe(target: Target): Target {
  const { visibleWithinSeconds, http } = target.readBack;
  const { mail } = target.sinks;
  return {
    ...target,
    readBack: { visibleWithinSeconds, http },
    telemetry: { logFiles: [], counters: {}, exclusive: false },
    sinks: typeof mail === "object" ? { mail: "not looked at by the probe" } : target.sinks,
  };
}

/** Of a clean-up that will not be, and of rows, logs and counters that are not looked at, no secret is asked for. */
export async function secretsForProbe(
  target: Target,
  env: NodeJS.ProcessEnv,
  isCleaned: boolean,
): Promise<Record<string, string>> {
  const { cleanUp: _unused, ...sent } = targetForProbe(target);
  const probed = await resolveSecrets(sent, env);
  return isCleaned ? { ...probed, ...(await resolveCleanUpSecrets(target, env)) } : probed;
}
