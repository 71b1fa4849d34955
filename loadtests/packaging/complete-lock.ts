/**
 * `npm run lock`, after every change of dependencies: adds to package-lock.json the platform packages (darwin, win32,
 * musl …) that npm left out. A registry mirror that does not carry them makes `npm install` forget them, and `npm ci`
 * then refuses the whole lock. Versions come from the package that names them; npm skips what is not for its platform.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface LockedPackage {
  version?: string;
  dev?: boolean;
  cpu?: string[];
  optional?: boolean;
  os?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const OS = /(android|darwin|freebsd|linux|openharmony|win32|windows)/;
const CPU = /(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)/;

const file = join(import.meta.dirname, "../../package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockedPackage> };
const known = new Set(
  Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf("node_modules/"))),
);
let added = 0;
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (known.has(`node_modules/${name}`)) continue;
    lock.packages[`node_modules/${name}`] = platformPackage(name, range, path !== "" && dev === true);
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
process.stdout.write(`${added} platform packages added to package-lock.json\n`);

function platformPackage(name: string, range: string, isDev: boolean): LockedPackage {
  const os = OS.exec(name)?.[1];
  const cpu = CPU.exec(name)?.[1];
  return {
    version: range.replace(/^[\^~]/, ""),
    ...(isDev ? { dev: true } : {}),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    optional: true,
    ...(os === undefined ? {} : { os: [os === "windows" ? "win32" : os] }),
    ...(name.includes("musl") ? { libc: ["musl"] } : {}),
  };
}
