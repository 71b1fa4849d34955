import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { packageRoot } from "../../package-root.ts";

export type FoundK6 = { path: string; version: string } | { missing: string };

/** `k6 version` answers in 50 ms; what takes so much longer is not k6. */
const VERSION_MS_MAX = 10_000;

/**
 * Looks for k6 v2 at K6_BIN, in the project's `.build`, then on the PATH. Whatever else was found (an older
 * k6, a file that does not run) is told, never used; a K6_BIN that is wrong is not passed over.
 */
export function findK6(env: NodeJS.ProcessEnv): FoundK6 {
  const named = env["K6_BIN"];
  if (named !== undefined && named !== "") return inspect(named, "K6_BIN");
  const turnedDown: string[] = [];
  for (const path of [builtK6(), ...onPath(env)]) {
    if (!isExecutable(path)) continue;
    const found = inspect(path, path);
    if ("path" in found) return found;
    turnedDown.push(found.missing);
  }
  const seen = turnedDown.length === 0 ? "k6 is neither in .build nor on the PATH." : turnedDown.join(" ");
  return { missing: `${seen} Build it with \`npm run build:k6\`, or set K6_BIN to a k6 v2.` };
}

function builtK6(): string {
  return join(packageRoot(), ".build", executableName());
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, executableName()));
}

function executableName(): string {
  return process.platform === "win32" ? "k6.exe" : "k6";
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function inspect(path: string, calledBy: string): FoundK6 {
  const { status, stdout, error } = spawnSync(path, ["version"], {
    encoding: "utf8",
    timeout: VERSION_MS_MAX,
  });
  if (error !== undefined || status !== 0) {
    return { missing: `${calledBy} does not run (${error?.message ?? `exit code ${status}`}).` };
  }
  const version = /^k6(?:\.exe)? v(\d+\.\S+)/.exec(stdout)?.[1];
  if (version === undefined)
    return { missing: `${calledBy} is not k6: it says "${stdout.trim().slice(0, 80)}".` };
  if (!version.startsWith("2.")) return { missing: `${calledBy} is k6 v${version}; Crowdproof needs v2.` };
  return { path, version };
}
