import type { PlanHead } from "./plan-shares.ts";
import { type SummaryData, totalsOf } from "./run-counts.ts";

/** What a person reads at the end of a plain `k6 run`. */
export function summaryText(summary: SummaryData, { plan, visitors }: PlanHead): string {
  const totals = totalsOf(summary);
  const error = summary.metrics["crowdproof_start_error"]?.values ?? {};
  const broken = brokenThresholds(summary);
  const lines = [
    "",
    `  campaign        ${plan.campaign}: ${visitors} visitors in ${plan.durationSeconds} s, seed ${plan.seed}, run ${plan.runId}`,
    `  started         ${totals.arrivals} visitors, ${totals.lateArrivals} of them late; start error median ${ms(error["med"])}, p99 ${ms(error["p(99)"])}, max ${ms(error["max"])}`,
    `  ended           ${totals.dones} visitors, ${totals.requests} requests`,
    `  own data seen   in ${totals.ownAnswers} answers`,
    `  exposures       ${totals.exposures}`,
    `  malformed IDs   ${totals.malformedIds}`,
    `  thresholds      ${broken.length === 0 ? "all held" : `broken: ${broken.join(", ")}`}`,
    "",
    "  One answer at a time says nothing of duplicate or lost members: `npm run gate -- --engine k6` reads everybody back.",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function ms(value: number | undefined): string {
  return value === undefined ? "unknown" : `${value.toFixed(1)} ms`;
}

function brokenThresholds({ metrics }: SummaryData): string[] {
  return Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([rule, { ok }]) => (ok ? [] : [`${name} ${rule}`])),
  );
}
