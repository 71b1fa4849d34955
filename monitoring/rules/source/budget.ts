import { duration } from "../duration.ts";
import type { Budget, BurnWindow, Parameters } from "../parameters.ts";
import type { Alert, Recording, RuleGroup } from "../rule.ts";
import { percent } from "./processing.ts";

/**
 * Who is acknowledged slowly, or not at all through our fault, spends an error budget. One budget is the campaign's,
 * minutes long; one is the month's. Told to wait or refused is not counted here: promises and goodput are.
 */
export function budgetRules(parameters: Parameters): RuleGroup[] {
  const { budget, everySeconds } = parameters;
  const campaign = windowsOf(budget.campaign);
  const month = windowsOf(budget.month).filter((seconds) => !campaign.includes(seconds));
  const recorded = (windows: readonly number[]) =>
    windows.flatMap((seconds) => burnRecordings(seconds, budget.slowSeconds));
  return [
    {
      name: "campaign-budget",
      everySeconds: everySeconds.budget,
      recordings: recorded(campaign),
      alerts: [slowInCampaign(parameters)],
    },
    {
      name: "month-budget",
      everySeconds: everySeconds.month,
      recordings: recorded(month),
      alerts: [slowThisMonth(parameters)],
    },
  ];
}

function windowsOf({ windows }: Budget): number[] {
  const seconds = new Set(windows.flatMap(({ longSeconds, shortSeconds }) => [longSeconds, shortSeconds]));
  return [...seconds].sort((a, b) => a - b);
}

const judgedIn = (seconds: number) => `campaign:crowdproof_judged_signups:increase${duration(seconds)}`;
const badIn = (seconds: number) => `campaign:crowdproof_bad_signups:ratio${duration(seconds)}`;

function burnRecordings(seconds: number, slowSeconds: number): Recording[] {
  const window = duration(seconds);
  const inTime = `sum by (run) (increase(crowdproof_signup_latency_seconds_bucket{le="${slowSeconds}"}[${window}]))`;
  return [
    {
      record: judgedIn(seconds),
      expr: `sum by (run) (increase(crowdproof_signups_total{outcome=~"acknowledged|indeterminate|failed"}[${window}]))`,
    },
    { record: badIn(seconds), expr: `1 - ${inTime} / ${judgedIn(seconds)}` },
  ];
}

/** Both windows above what spends the budget's share in the long one, and enough signups to say so. */
function burns(budget: Budget): string {
  return budget.windows
    .map((window) => {
      const { longSeconds, shortSeconds } = window;
      const bad = badShareOf(budget, window);
      return `
(
  ${badIn(longSeconds)} > ${bad}
  and ${badIn(shortSeconds)} > ${bad}
  and ${judgedIn(longSeconds)} >= ${budget.eventsMin}
)`;
    })
    .join("\nor");
}

/** Burn rate × what may be bad: the rate at which `budgetShare` of the period's budget is gone after the long window. */
function badShareOf({ periodSeconds, badShare }: Budget, window: BurnWindow): number {
  return Number(((window.budgetShare * periodSeconds * badShare) / window.longSeconds).toPrecision(6));
}

function thresholds(budget: Budget): string {
  const each = budget.windows.map(
    (window) =>
      `${percent(badShareOf(budget, window))} in ${duration(window.longSeconds)} and ${duration(window.shortSeconds)}`,
  );
  return `more than ${each.join(", or ")}; at least ${budget.eventsMin} signups in the longer window`;
}

function slowInCampaign({ budget }: Parameters): Alert {
  return {
    alert: "SignupsSlowInCampaign",
    severity: "page",
    expr: burns(budget.campaign),
    summary: "Signups are slow or fail so often that this campaign will have disappointed too many people.",
    description: `{{ $value | humanizePercentage }} of signups took more than ${budget.slowSeconds} s or failed; ${percent(budget.campaign.badShare)} may in a campaign.`,
    dashboard: "campaign",
    threshold: thresholds(budget.campaign),
  };
}

function slowThisMonth({ budget }: Parameters): Alert {
  return {
    alert: "SignupsSlowThisMonth",
    severity: "ticket",
    expr: burns(budget.month),
    summary: "Signups are slow or fail so often that at this pace the month's budget will not last.",
    description: `{{ $value | humanizePercentage }} of signups took more than ${budget.slowSeconds} s or failed; ${percent(budget.month.badShare)} may in a month.`,
    dashboard: "campaign",
    threshold: thresholds(budget.month),
  };
}
