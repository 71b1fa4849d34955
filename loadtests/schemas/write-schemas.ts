import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PUBLISHED_SCHEMAS, publishedText } from "./published-schemas.ts";

/** `npm run schemas`: writes every published JSON Schema anew; a test compares them with their source. */
for (const [file, published] of Object.entries(PUBLISHED_SCHEMAS)) {
  await writeFile(join(import.meta.dirname, file), publishedText(published));
  process.stdout.write(`loadtests/schemas/${file}\n`);
}
