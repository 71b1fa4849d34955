#!/usr/bin/env node
// Starts the command line under a Node that can run it. Plain JavaScript, because the Node that reads this
// file may be as old as 20: then the current one that npm installed beside us (optionalDependencies) takes over.
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "../src/cli/main.ts");
const built = join(here, "../../dist/loadtests/src/cli/main.js");
// A clone runs its TypeScript; Node does not strip types inside node_modules, so an installed package runs what was built.
const isInstalled = here.split(/[\\/]/).includes("node_modules");
const main = isInstalled || !existsSync(source) ? built : source;

/**
 * The newest thing that the service asks of Node, which came with 24.16 and 26.1 and not with 25; each Node that has it
 * runs erasable TypeScript without a flag as well (22.18).
 */
const isCurrent = typeof crypto.randomUUIDv7 === "function";

function bundledNode() {
  const require = createRequire(import.meta.url);
  const system = process.platform === "win32" ? "win" : process.platform;
  try {
    const manifest = require.resolve(`node-${system}-${process.arch}/package.json`);
    return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch {
    return null;
  }
}

if (isCurrent) {
  await import(main);
} else {
  const node = bundledNode();
  if (node === null || !existsSync(node)) {
    process.stderr.write(
      `crowdproof needs Node 24.16 (of 24) or 26.1 or newer; this is ${process.versions.node}, and npm installed none beside it.\n` +
        "Install a current Node, or run `npm ci` without --omit=optional.\n",
    );
    process.exit(2);
  }
  // The terminal sends Ctrl-C to the whole group; what is sent to us alone is passed on.
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {});
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
