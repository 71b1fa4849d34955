import type { RunFacts } from "../verdict/verdict.ts";

/**
 * Commands to copy. A file is named as it was typed; without a target file the gate starts the reference service, and
 * there is nothing to try.
 */
export function commandsOf(run: RunFacts, dir: string): { again: string; judge: string; try: string | null } {
  const parts = [
    "npx crowdproof gate",
    quoted(run.campaignFile ?? run.campaign),
    ...(run.targetFile === null ? [] : [`--target ${quoted(run.targetFile)}`]),
    ...(run.engine === "unknown" ? [] : [`--engine ${quoted(run.engine)}`]),
    `--seed ${run.seed}`,
    ...(run.scale === 1 ? [] : [`--scale ${run.scale}`]),
    ...(run.fault === null ? [] : [`--fault ${quoted(run.fault)}`]),
    ...alertFlags(run),
  ];
  return {
    again: parts.join(" "),
    judge: `npx crowdproof judge ${quoted(dir)}`,
    try: run.targetFile === null ? null : `npx crowdproof try ${quoted(run.targetFile)}`,
  };
}

/** A verdict from before alerts were watched does not say. */
function alertFlags({ expectedAlerts }: Pick<RunFacts, "expectedAlerts">): string[] {
  if (!expectedAlerts) return [];
  return expectedAlerts.length === 0
    ? ["--alerts"]
    : expectedAlerts.map((name) => `--expect-alert ${quoted(name)}`);
}

export function cleanUpCommand(dir: string): string {
  return `npx crowdproof cleanup ${quoted(dir)}`;
}

/** For a POSIX shell: a campaign's name must not become a command when it is copied. */
function quoted(text: string): string {
  if (/^[\w./:=@][\w./:=@-]*$/.test(text)) return text;
  return `'${text.replace(/[\r\n]/g, " ").replaceAll("'", "'\\''")}'`;
}
