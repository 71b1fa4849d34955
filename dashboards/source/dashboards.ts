import { production } from "../../monitoring/rules/parameters.ts";
import { CAMPAIGN } from "./campaign.ts";
import { CAPACITY } from "./capacity.ts";
import { buildDashboard } from "./grafana.ts";
import { IDENTITY } from "./identity.ts";
import { LOAD_TEST } from "./load-test.ts";

/** All there are, in the order in which somebody would look at them. */
const DASHBOARDS = [CAMPAIGN, IDENTITY, CAPACITY, LOAD_TEST] as const;

/** File name → its bytes; the same in every process, so that the committed files can be compared. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    DASHBOARDS.map((spec) => [
      `${spec.uid.replace(/^crowdproof-/, "")}.json`,
      `${JSON.stringify(buildDashboard(spec, production.runbookBase), null, 2)}\n`,
    ]),
  );
}
