import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const COMMAND = join(ROOT, "loadtests", "bin", "crowdproof.mjs");

/** Every campaign that ships, by the name that the gate takes. */
export async function shippedCampaigns(): Promise<string[]> {
  const files = await readdir(join(ROOT, "loadtests", "campaigns"));
  return files.filter((file) => file.endsWith(".yaml")).map((file) => file.slice(0, -".yaml".length));
}

interface Verdict {
  checks: { name: string; judged: boolean; outcome?: string }[];
  alerts: { alert: string; severity: string; isInhibited: boolean }[];
}

/** One run of the gate under the rules: the pages of it; null where nobody watched, which says nothing. */
export async function runQuietly(campaign: string, scale: number): Promise<string[] | null> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-quiet-"));
  try {
    const dir = join(folder, "run");
    const args = [
      "gate",
      campaign,
      "--engine",
      "embedded",
      "--scale",
      String(scale),
      "--alerts",
      "--out",
      dir,
    ];
    // A group of its own, so that Ctrl-C reaches it once, through us: a second one would cut its orderly end short.
    const child = spawn(process.execPath, [COMMAND, ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      detached: true,
    });
    const stop = () => child.kill("SIGTERM");
    process.once("exit", stop);
    await once(child, "exit");
    process.off("exit", stop);
    const text = await readFile(join(dir, "verdict.json"), "utf8").catch(() => null);
    if (text === null) return null;
    const { checks, alerts } = JSON.parse(text) as Verdict;
    const watching = checks.find(({ name }) => name === "watching");
    if (watching?.outcome !== "pass") return null;
    const pages = alerts.filter(({ severity, isInhibited }) => severity === "page" && !isInhibited);
    return [...new Set(pages.map(({ alert }) => alert))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
