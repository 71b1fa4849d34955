import { BAD, GOOD, LOOK, PALETTE } from "./palette.ts";

/** What is drawn across every graph at the moment it happened. */
export interface AnnotationSpec {
  readonly name: string;
  readonly expr: string;
  readonly colour: string;
  /** Filled from the labels of what was found. */
  readonly title: string;
  readonly text: string;
  /** The value is the moment, in milliseconds; else a mark stands wherever the query finds something. */
  readonly isMoment: boolean;
}

/** Quiet for this long, and then somebody: the crowd has begun. */
const QUIET = "2m";

export const ANNOTATIONS: readonly AnnotationSpec[] = [
  {
    name: "Campaign starts",
    // Both sides are sums: a second worker or instance that comes later begins no campaign.
    expr: `sum(rate(crowdproof_offered_signups_total[1m])) > 0 unless sum(rate(crowdproof_offered_signups_total[1m] offset ${QUIET})) > 0`,
    colour: GOOD,
    title: "Campaign starts",
    text: `Newcomers, after at least ${QUIET} without any`,
    isMoment: false,
  },
  {
    name: "Load test starts",
    expr: "sum by (run) (crowdproof_run_planned_visitors) > 0 unless sum by (run) (crowdproof_run_planned_visitors offset 1m) > 0",
    colour: PALETTE.reddishPurple,
    title: "Load test {{run}}",
    text: "The harness sends",
    isMoment: false,
  },
  {
    name: "Halted",
    expr: 'max without (instance, job) (crowdproof_campaign_state{phase="halted"}) == 1',
    colour: BAD,
    title: "Halted",
    text: "The campaign is closed to newcomers",
    isMoment: false,
  },
  {
    name: "Reopened",
    expr: "max(crowdproof_reopened_timestamp_seconds) * 1000 > 0",
    colour: PALETTE.blue,
    title: "Reopened",
    text: "By two people, or by the glass",
    isMoment: true,
  },
  {
    name: "Glass broken",
    expr: "max(crowdproof_break_glass_timestamp_seconds) * 1000 > 0",
    colour: PALETTE.yellow,
    title: "Glass broken",
    text: "One person alone reopened",
    isMoment: true,
  },
  {
    name: "Alerts",
    expr: 'ALERTS{alertstate="firing",alertname!="Watchdog"} == 1',
    colour: LOOK,
    title: "{{alertname}} {{kind}}",
    text: "{{severity}}",
    isMoment: false,
  },
];
