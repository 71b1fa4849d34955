import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { EXIT_CODES } from "./exit-codes.ts";

export function addWatchCommand(program: Command): void {
  program
    .command("watch")
    .description(
      "Show in the terminal how a campaign goes, from Prometheus: state, members, waiting, anomalies, alerts.",
    )
    .option("--prometheus <URL>", "where Prometheus is; http://127.0.0.1:9090 by default")
    .option("--every <SECONDS>", "how often to look; 2 by default")
    .option("--once", "look once, print it and end: 3 where Prometheus does not answer")
    .addHelpText("after", "\nExample:\n  crowdproof watch --prometheus http://127.0.0.1:9090\n")
    .action(watch);
}

interface WatchFlags {
  prometheus?: string;
  every?: string;
  once?: boolean;
}

/** What watches is a house of its own: a process, which has the terminal to itself. */
async function watch(flags: WatchFlags): Promise<void> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = new URL(`../../../monitoring/watch/watch-main.${extension}`, import.meta.url);
  const args = Object.entries(flags).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const child = spawn(process.execPath, [fileURLToPath(program), ...args], { stdio: "inherit" });
  // Ctrl-C reaches both, and ends the other one; what is sent to us alone is passed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "close")) as [number | null];
  process.exitCode = code ?? EXIT_CODES.bug.code;
}
