import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { COMPILED_DIR, compiledScripts } from "./compiled-scripts.ts";

/** `npm run k6:compile`: writes what the plain k6 scripts open; a test compares it with its sources. */
await mkdir(COMPILED_DIR, { recursive: true });
for (const [file, document] of Object.entries(await compiledScripts())) {
  await writeFile(join(COMPILED_DIR, file), `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`loadtests/k6/compiled/${file}\n`);
}
