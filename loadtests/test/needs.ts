import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findK6 } from "../src/engine/k6/find-k6.ts";

export type Need =
  | "k6"
  | "chromium"
  | "prometheus"
  | "promtool"
  | "alertmanager"
  | "amtool"
  | "curl"
  | "docker-compose";

interface Tool {
  /** Path of the program, or null. */
  path: string | null;
  /** What to do about a missing one. */
  advice: string;
}

/** Where `npm run build:monitoring` puts what it makes. */
const BUILT = join(import.meta.dirname, "..", "..", ".build");
const tools: Record<Need, Tool> = {
  "docker-compose": {
    path: [join(BUILT, "docker-compose")].find(isExecutable) ?? null,
    advice: "npm run build:monitoring -- compose (no Docker is needed)",
  },
  k6: k6Tool(),
  chromium: {
    path:
      process.env["CHROMIUM_BIN"] ??
      onPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    advice: "install Chromium, or set CHROMIUM_BIN",
  },
  prometheus: {
    path: process.env["PROMETHEUS_BIN"] ?? onPathOrBuilt("prometheus"),
    advice: "install Prometheus, or npm run build:monitoring, or set PROMETHEUS_BIN",
  },
  promtool: {
    path: process.env["PROMTOOL_BIN"] ?? onPathOrBuilt("promtool"),
    advice: "install Prometheus (it brings promtool), or npm run build:monitoring, or set PROMTOOL_BIN",
  },
  alertmanager: {
    path: process.env["ALERTMANAGER_BIN"] ?? onPathOrBuilt("prometheus-alertmanager", "alertmanager"),
    advice:
      "install Alertmanager (Debian: prometheus-alertmanager), or npm run build:monitoring, or set ALERTMANAGER_BIN",
  },
  curl: {
    path: onPath("curl"),
    advice: "install curl 7.82 or newer: the runbooks' commands are typed with it",
  },
  amtool: {
    path: process.env["AMTOOL_BIN"] ?? onPathOrBuilt("amtool"),
    advice: "install Alertmanager (it brings amtool), or npm run build:monitoring, or set AMTOOL_BIN",
  },
};

/**
 * `describe` for tests that need a program. Where it is missing they are named as not run, and with
 * CROWDPROOF_REQUIRE_ALL_TOOLS=1 its absence is a failing test: a skipped test must not look green in CI.
 */
export function describeWith(need: Need, name: string, tests: (path: string) => void): void {
  const { path, advice } = tools[need];
  if (path !== null) {
    describe(name, () => tests(path));
    return;
  }
  const reason = `${need} is missing: ${advice}`;
  if (process.env["CROWDPROOF_REQUIRE_ALL_TOOLS"] === "1") {
    it(`${name}: ${need} is here`, () => expect.fail(reason));
    return;
  }
  process.stderr.write(`not run: ${name} (${reason})\n`);
  describe.skip(`${name} (not run: ${reason})`, () => {
    it.skip("not run", () => {});
  });
}

function k6Tool(): Tool {
  const found = findK6(process.env);
  return "path" in found ? { path: found.path, advice: "" } : { path: null, advice: found.missing };
}

function onPath(...names: string[]): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

/** As the stack itself looks for them. */
function onPathOrBuilt(...names: string[]): string | null {
  return onPath(...names) ?? names.map((name) => join(BUILT, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
