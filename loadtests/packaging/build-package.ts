/**
 * `npm run build`: what `npm pack` ships. Node strips no types inside node_modules, so an installed package runs the
 * JavaScript in `dist/`, which has the layout of the clone. k6 does read TypeScript: its scripts and the pure modules
 * they import are shipped as they are.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
const assets = globSync(
  [
    "service/src/**/*.sql",
    "loadtests/src/**/*.{sql,ts}",
    "loadtests/k6/**/*.{ts,json}",
    "loadtests/{campaigns,targets,schemas}/**",
    "monitoring/stack/*.sh",
    "monitoring/{rules,runbooks,prometheus,alertmanager}/**/*.{yml,yaml,md,tmpl}",
    "dashboards/**/*.{json,yml}",
  ],
  { cwd: root, exclude: (file) => file.endsWith(".test.ts") },
);
for (const file of assets) {
  // `**` names the folders too; copying a file makes them.
  if (/\.[a-z0-9]+$/i.test(file)) cpSync(join(root, file), join(dist, file));
}
