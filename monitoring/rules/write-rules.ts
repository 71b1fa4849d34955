import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PARAMETERS } from "./parameters.ts";
import { rulesFile } from "./rules-file.ts";
import { rulesFor } from "./rules-for.ts";

/** `node monitoring/rules/write-rules.ts [--parameters production|quick] [--out FILE]` */
const { values } = parseArgs({
  options: {
    parameters: { type: "string", default: "production" },
    out: { type: "string", default: join(import.meta.dirname, "crowdproof.yml") },
  },
});
const parameters = Object.entries(PARAMETERS).find(([name]) => name === values.parameters)?.[1];
if (parameters === undefined) {
  process.stderr.write(`no parameters "${values.parameters}": ${Object.keys(PARAMETERS).join(" or ")}\n`);
  process.exit(2);
}
writeFileSync(values.out, rulesFile(rulesFor(parameters), parameters));
