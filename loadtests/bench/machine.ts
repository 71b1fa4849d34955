import { availableParallelism, cpus, loadavg } from "node:os";

/** What the numbers depend on, in one line. The load is that of the last minute before the first measurement. */
export function circumstances(versions: { k6: string | null; postgres: string }, isQuick: boolean): string {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  const load = loadavg()[0] ?? 0;
  return [
    `${availableParallelism()} cores, ${model}`,
    `Node ${process.versions.node}`,
    versions.k6 === null ? "no k6" : `k6 ${versions.k6}`,
    `PostgreSQL ${versions.postgres}`,
    new Date().toISOString().slice(0, 10),
    `load average at the start ${load.toFixed(1)}${load > availableParallelism() / 2 ? " (**not a quiet machine**)" : ""}`,
    ...(isQuick ? ["`--quick`: **too short to quote**"] : []),
  ].join(" · ");
}
