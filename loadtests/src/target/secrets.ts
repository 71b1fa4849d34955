import { readFile } from "node:fs/promises";
import { CANARY_KEY_SECRET } from "../people/canary.ts";
import { UsageError } from "../usage-error.ts";
import type { Target } from "./target.ts";
import { placeholdersOf, stringsOf } from "./template.ts";

/** Secrets are words, not documents; a wrong path often leads to something large. */
const SECRET_BYTES_MAX = 64 * 1024;

/**
 * The value of every `${env:NAME}` and `${file:PATH}` of a target, by `env:NAME` and `file:PATH`. Throws one UsageError
 * that names all that are missing. They reach an engine beside the plan and are never written down.
 */
export async function resolveSecrets(
  target: Target,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, fallback] of secretsOf(target)) {
    const found = name.startsWith("env:")
      ? readEnvironment(name.slice(4), env)
      : await readSecret(name.slice(5));
    if ("value" in found) secrets[name] = found.value;
    else if (fallback !== null) secrets[name] = fallback;
    else missing.push(found.missing);
  }
  if (missing.length > 0) {
    throw new UsageError([`${target.name} needs what is not there:`, ...missing].join("\n  "));
  }
  const canaryKey = env[CANARY_KEY_SECRET.slice("env:".length)];
  return canaryKey ? { ...secrets, [CANARY_KEY_SECRET]: canaryKey } : secrets;
}

/** What a clean-up needs of them: a log or a metrics address that is not there any more is in nobody's way. */
export async function resolveCleanUpSecrets(
  target: Target,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const { cleanUp, steps, readBack } = target;
  const isNeeded = (step: Target["steps"][number]) =>
    cleanUp !== undefined && "step" in cleanUp && step.name === cleanUp.step;
  const connection = readBack.sql?.connection;
  // The connection of the read-back is a help, no need: it counts, where it is the clean-up's own.
  const known = cleanUp !== undefined && "sql" in cleanUp && connection === cleanUp.sql.connection;
  return await resolveSecrets(
    {
      ...target,
      steps: steps.filter(isNeeded),
      telemetry: { ...target.telemetry, logFiles: [] },
      sinks: {},
      readBack: known
        ? readBack
        : { visibleWithinSeconds: readBack.visibleWithinSeconds, http: readBack.http },
      ...(steps.some(isNeeded) ? {} : { headers: {}, baseUrl: "" }),
    },
    env,
  );
}

type Found = { value: string } | { missing: string };

function secretsOf(target: Target): Map<string, string | null> {
  const secrets = new Map<string, string | null>();
  for (const placeholder of stringsOf(target).flatMap(placeholdersOf)) {
    if (placeholder.kind === "secret") {
      secrets.set(placeholder.name, placeholder.fallback ?? secrets.get(placeholder.name) ?? null);
    }
  }
  return secrets;
}

function readEnvironment(name: string, env: NodeJS.ProcessEnv): Found {
  const value = env[name];
  if (value) return { value };
  return { missing: `the environment variable ${name}; type: export ${name}=…` };
}

async function readSecret(path: string): Promise<Found> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length > SECRET_BYTES_MAX) {
      return {
        missing: `a secret in ${path}, which is larger than ${SECRET_BYTES_MAX / 1024} KiB; check the path`,
      };
    }
    // Editors end a file with a line break that is not part of the secret.
    return { value: text.replace(/\r?\n$/, "") };
  } catch (cause) {
    return { missing: `the file ${path} (${cause instanceof Error ? cause.message : String(cause)})` };
  }
}
