/** One worker process: asks its parent for its settings, serves, and leaves when the parent says so or is gone. */
import { findFault } from "../faults/find-fault.ts";
import { createLog } from "../log.ts";
import { DEFAULT_SEAMS } from "../seams.ts";
import { createService } from "../service.ts";
import { UsageError } from "../usage-error.ts";
import type { StartFailure, WorkerSettings } from "./fleet.ts";
import { createLink } from "./parent-link.ts";

const link = createLink({
  post: (message) => process.connected && process.send?.(message, undefined, undefined, () => {}),
  onMessage: (listener) => process.on("message", listener),
  // Node ends a worker whose parent is gone: without its parent's PostgreSQL, halt and mail it has nothing to offer.
  onClose: (listener) => process.once("disconnect", listener),
});
// Ctrl-C and a closed terminal reach the whole group; when to leave is the parent's word alone.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

async function main(): Promise<void> {
  const { config, databaseUrl, slot } = (await link.request("settings", null)) as WorkerSettings;
  const seams = config.fault === undefined ? DEFAULT_SEAMS : findFault(config.fault).apply(DEFAULT_SEAMS);
  const service = await createService({
    config,
    databaseUrl,
    seams,
    log: createLog(config),
    parent: link,
    slot,
  });
  const leave = async (how: "politely" | "now") => {
    await service.close(how);
    link.send("last-words", await service.metrics.snapshot("all"));
    process.disconnect?.();
    process.exit();
  };
  link.on("leave", (how) => leave(how === "politely" ? "politely" : "now"));
  process.on("SIGTERM", () => void leave("now"));
  link.on("metrics", (page) => service.metrics.snapshot(page === "anomalies" ? page : "all"));
  link.send("ready", service.url);
}

main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  const words =
    error instanceof Error ? (isUsage ? error.message : (error.stack ?? error.message)) : String(error);
  link.send("failed", { isUsage, words } satisfies StartFailure);
  process.exitCode = 1;
  process.disconnect?.();
});
