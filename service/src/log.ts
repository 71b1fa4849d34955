import pino, { type Logger } from "pino";
import type { Config } from "./config.ts";

/**
 * To standard error and without a line for each request: at 10,000 a second the log would be the bottleneck, and what
 * happened is in the metrics. Written at once, because what is logged is rare and matters after a crash.
 */
export function createLog({ logLevel }: Pick<Config, "logLevel">): Logger {
  return pino({ level: logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
}
