import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readSetUp, type Step } from "./read-runbook.ts";

/** Where the commands are typed, and who by. */
export interface Shell {
  readonly cwd: string;
  /** An empty folder: the person's home. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The second person's OPERATOR_TOKEN_FILE. */
  readonly colleagueTokenFile: string;
}

export interface StepResult {
  readonly step: Step;
  readonly output: string;
  /** It ended well, and printed what stands below it. */
  readonly isAsSaid: boolean;
}

/** Longest for all commands of one runbook: `npx` on a busy machine takes seconds. */
const SECONDS_MAX = 90;

/** Types all steps of a runbook one after the other into one bash, as its reader would; stops at the first that fails. */
export async function runSteps(steps: readonly Step[], shell: Shell): Promise<StepResult[]> {
  const child = spawn("bash", ["-eu", "-o", "pipefail", "-c", scriptOf(steps, shell)], {
    cwd: shell.cwd,
    env: { PATH: process.env["PATH"], HOME: shell.home, LANG: "C.UTF-8", ...shell.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: SECONDS_MAX * 1_000,
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (words += String(text)));
  await once(child, "close");
  const ended = readIfThere(join(shell.home, "ended")) ?? "";
  return steps.map((step, at) => {
    const output = readIfThere(join(shell.home, `output-${at}`)) ?? `never run: ${words}`;
    const hasEndedWell = ended.split("\n").includes(String(at));
    return { step, output, isAsSaid: hasEndedWell && isExpected(step.expected ?? "…", output) };
  });
}

/** One shell, so that a variable set in one step is there in the next; each step's output in a file of its own. */
function scriptOf(steps: readonly Step[], { home, colleagueTokenFile }: Shell): string {
  const typed = steps.map(({ commands, isColleagues }, at) => {
    const before = isColleagues ? `OPERATOR="$COLLEAGUE"` : `OPERATOR="$OWN"`;
    return `${before}\n{\n${commands}\n} > '${home}/output-${at}' 2>&1\necho ${at} >> '${home}/ended'`;
  });
  return [
    readSetUp(),
    `OWN="$OPERATOR" COLLEAGUE='${home}/colleague'`,
    `(umask 077 && sed 's/^/Authorization: Bearer /' '${colleagueTokenFile}' > "$COLLEAGUE")`,
    ...typed,
  ].join("\n");
}

/** Whether the text has the pattern in it, in which `…` stands for anything. */
export function isExpected(pattern: string, text: string): boolean {
  const parts = pattern.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.trim() !== "" && new RegExp(parts.join("[^]*?")).test(text);
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
