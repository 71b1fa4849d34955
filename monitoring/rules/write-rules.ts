import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { alertTable } from "./alert-table.ts";
import { PARAMETERS, production } from "./parameters.ts";
import { rulesFile } from "./rules-file.ts";
import { rulesFor } from "./rules-for.ts";

/**
 * `node monitoring/rules/write-rules.ts [--parameters production|quick] [--out FILE]`; without options it writes what is
 * committed, docs/alerts.md with it.
 */
const { values } = parseArgs({
  options: {
    parameters: { type: "string", default: "production" },
    out: { type: "string" },
  },
});
const parameters = Object.entries(PARAMETERS).find(([name]) => name === values.parameters)?.[1];
if (parameters === undefined) {
  process.stderr.write(`no parameters "${values.parameters}": ${Object.keys(PARAMETERS).join(" or ")}\n`);
  process.exit(2);
}
const groups = rulesFor(parameters);
writeFileSync(values.out ?? join(import.meta.dirname, "crowdproof.yml"), rulesFile(groups, parameters));
if (values.out === undefined && parameters === production)
  writeFileSync(join(import.meta.dirname, "../../docs/alerts.md"), alertTable(groups, production));
