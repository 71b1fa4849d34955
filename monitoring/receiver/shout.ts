import { spawn } from "node:child_process";

export interface Shout {
  /** Given to `sh -c`; CROWDPROOF_SILENT_SECONDS says for how long. */
  readonly command: string | undefined;
  readonly webhookUrl: string | undefined;
  readonly writeLine: (words: string) => void;
}

const WEBHOOK_SECONDS_MAX = 5;
/** A command that hangs must not pile up, a minute each. */
const COMMAND_SECONDS_MAX = 30;

/** Runs the command and calls the webhook. A way out that fails is told, and does not keep the other. */
export async function shout(silentSeconds: number, { command, webhookUrl, writeLine }: Shout): Promise<void> {
  const ways: Promise<string | undefined>[] = [];
  if (command !== undefined) ways.push(run(command, silentSeconds));
  if (webhookUrl !== undefined) ways.push(call(webhookUrl, silentSeconds));
  for (const trouble of await Promise.all(ways)) if (trouble !== undefined) writeLine(trouble);
}

/** Resolves with what went wrong. */
function run(command: string, silentSeconds: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", command], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, CROWDPROOF_SILENT_SECONDS: silentSeconds.toFixed(0) },
      timeout: COMMAND_SECONDS_MAX * 1_000,
    });
    child.once("error", (error) => resolve(`the command for silence did not start: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? undefined : `the command for silence ended with ${signal ?? code}`),
    );
  });
}

async function call(url: string, silentSeconds: number): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ status: "silent", silentSeconds }),
      signal: AbortSignal.timeout(WEBHOOK_SECONDS_MAX * 1_000),
    });
    return answer.ok ? undefined : `the webhook for silence answered ${answer.status}`;
  } catch (error) {
    return `the webhook for silence cannot be reached: ${error instanceof Error ? error.message : "unknown"}`;
  }
}
