import type { Logger } from "pino";
import type { Halt } from "./campaign-state.ts";

export interface HaltOptions {
  readonly databaseUrl: string;
  /** HALT_LEASE_SECONDS: longest this process believes in "open" without having read it again. */
  readonly leaseSeconds: number;
  readonly log: Logger;
}

/** Resolves after the first look at the state, whether or not it could be read. */
export async function createHalt(_options: HaltOptions): Promise<Halt> {
  throw new Error("not built yet");
}
