import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

const SOON = { timeout: 30_000, interval: 50 };

/** A real Alertmanager with its files in `folder`. It draws its port itself, and says which in its log. */
export async function startAlertmanager(
  program: string,
  { folder, config }: { folder: string; config: string },
): Promise<{ url: string; child: ChildProcess }> {
  const file = join(folder, "alertmanager.yml");
  writeFileSync(file, config);
  const child = spawn(
    program,
    [
      ...[`--config.file=${file}`, `--storage.path=${join(folder, "alertmanager")}`],
      ...["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let words = "";
  child.stderr.on("data", (chunk) => (words += String(chunk)));
  const port = () => /"?Listening on"? address=\S*:(\d+)/.exec(words)?.[1];
  await expect.poll(() => port() ?? child.exitCode, SOON).not.toBeNull();
  const url = `http://127.0.0.1:${port() ?? expect.fail(words)}`;
  await expect.poll(async () => (await fetch(`${url}/-/ready`)).ok, SOON).toBe(true);
  return { url, child };
}
