import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A PostgreSQL of its own: the service then meets it over a wire that can be slowed and held. */
export interface PostgresProcess {
  readonly url: string;
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("../../service/bench/serve-postgres.ts", import.meta.url));

export async function startPostgres(): Promise<PostgresProcess> {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stdin.on("error", () => {});
  let words = "";
  child.stderr.on("data", (text) => (words += String(text)));
  const exited = once(child, "close");
  const line = await Promise.race([
    once(child.stdout.setEncoding("utf8"), "data").then(([text]) => String(text)),
    exited.then(() => null),
  ]);
  if (line === null) throw new Error(`PostgreSQL did not start: ${words}`);
  return {
    url: (JSON.parse(line) as { url: string }).url,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
