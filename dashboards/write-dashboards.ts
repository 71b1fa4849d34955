import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboardFiles } from "./source/dashboards.ts";

/** `npm run dashboards`: writes the JSON that Grafana is provisioned with beside this file. */
for (const [name, text] of dashboardFiles()) {
  const path = join(import.meta.dirname, name);
  writeFileSync(path, text);
  process.stdout.write(`${path}\n`);
}
