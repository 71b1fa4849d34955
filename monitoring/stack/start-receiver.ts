import { join } from "node:path";
import { type KeptProcess, keepProcess } from "./keep-process.ts";

/** Code that runs from the clone is TypeScript, from an installed package JavaScript. */
const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const MAIN = join(import.meta.dirname, "..", "receiver", `receiver-main.${EXTENSION}`);

export interface ReceiverStart {
  /** Inside the stack's run folder. */
  readonly folder: string;
  readonly port: number;
  readonly args: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export function startReceiver({ folder, port, args, signal }: ReceiverStart): Promise<KeptProcess> {
  return keepProcess({
    name: "The receiver",
    program: process.execPath,
    args: [MAIN, `--port=${port}`, ...args],
    folder,
    signal,
    listening: /The receiver listens at http:\/\/(\S+)/,
  });
}
