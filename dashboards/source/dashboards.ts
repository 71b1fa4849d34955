import { PORTS } from "../../monitoring/catalogue/ports.ts";
import { CAMPAIGN } from "./campaign.ts";
import { CAPACITY } from "./capacity.ts";
import { buildDashboard } from "./grafana.ts";
import { IDENTITY } from "./identity.ts";
import { LOAD_TEST } from "./load-test.ts";

/** All there are, in the order in which somebody would look at them. */
const DASHBOARDS = [CAMPAIGN, IDENTITY, CAPACITY, LOAD_TEST] as const;

/** Where runbooks are served when nobody says otherwise; a hidden variable of each dashboard. */
const RUNBOOK_BASE = `http://127.0.0.1:${PORTS.receiver}/runbooks`;

/** File name → its bytes; the same in every process, so that the committed files can be compared. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    DASHBOARDS.map((spec) => [
      `${spec.uid.replace(/^crowdproof-/, "")}.json`,
      `${JSON.stringify(buildDashboard(spec, RUNBOOK_BASE), null, 2)}\n`,
    ]),
  );
}
