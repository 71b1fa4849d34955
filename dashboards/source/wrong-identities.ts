import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { LOOK } from "./palette.ts";
import type { Word } from "./panel.ts";
import { probe, service } from "./promql.ts";

/** Nothing found by somebody who does not look is no 0. */
const NOBODY_LOOKS = -1;

export const withheld = `sum(${service("crowdproof_anomalies_total")})`;

/** Each instance looks at the same database: one that looks is enough, as for the alert. */
export const found = unlessNobodyLooks(
  `sum(max by (kind) (${service("crowdproof_auditor_findings")}))`,
  `max(${service("crowdproof_auditor_last_look_timestamp_seconds")})`,
  alertAt.watching.auditorStaleSeconds,
);
export const AUDITOR_BLIND: Word = { value: NOBODY_LOOKS, text: "auditor does not look", colour: LOOK };

export const seen = unlessNobodyLooks(
  `sum(${probe("crowdproof_probe_violations_total")})`,
  `min(max by (target) (${probe("crowdproof_probe_last_positive_timestamp_seconds")}))`,
  alertAt.watching.probeSilentSeconds,
);
export const PROBE_BLIND: Word = { value: NOBODY_LOOKS, text: "probe sees nothing", colour: LOOK };

/** What is bad stays bad, however old the look; a 0 needs a look that is young enough for the alert. */
function unlessNobodyLooks(bad: string, lookedAt: string, ageSecondsMax: number): string {
  return `${bad} > 0 or ${bad} + ${NOBODY_LOOKS} * (time() - ${lookedAt} > bool ${ageSecondsMax})`;
}
