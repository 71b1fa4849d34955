import type { DASHBOARD_UIDS } from "../../monitoring/catalogue/dashboard-uids.ts";
import { BAD, GOOD, LOOK, PLAIN } from "./palette.ts";

/** One dashboard as we think of it; `grafana.ts` turns it into what Grafana reads. */
export interface DashboardSpec {
  readonly uid: (typeof DASHBOARD_UIDS)[keyof typeof DASHBOARD_UIDS];
  readonly title: string;
  readonly description: string;
  readonly rows: readonly RowSpec[];
  /** The newest part of time that is shown when it opens. */
  readonly fromSeconds: number;
  readonly variables: readonly VariableSpec[];
}

/** A line of panels of one height; their widths add up to the grid's 24. */
export interface RowSpec {
  /** null for the first row, which stands at the very top without a heading. */
  readonly title: string | null;
  readonly height: number;
  readonly panels: readonly PanelSpec[];
}

/** Everything a panel must have: none of these can be forgotten, because the type asks for them. */
export interface PanelSpec {
  readonly kind: "stat" | "graph" | "timeline" | "table";
  readonly title: string;
  /** What is seen, and what it means when it is bad. */
  readonly description: string;
  /** A unit of Grafana's list. */
  readonly unit: string;
  readonly thresholds: readonly Step[];
  /** Where the limit is not every line's; a graph then draws this one. */
  readonly limitOf?: LineLimit;
  /** What stands where there is no data, and why there may be none. */
  readonly noValue: string;
  readonly width: number;
  readonly queries: readonly Query[];
  readonly decimals?: number;
  /** Values that are words. */
  readonly words?: readonly Word[];
  /** The alert whose runbook helps with what this panel shows. */
  readonly runbooks?: readonly string[];
  /** Readable from across a room. */
  readonly isLarge?: boolean;
}

export interface Query {
  readonly expr: string;
  /** How a line is named; `{{label}}` is filled from its labels. */
  readonly legend: string;
  /** All names the legend can take, in order; absent where it is one, or where nobody knows them before. */
  readonly names?: readonly string[];
}

/** A limit of some of a graph's lines, by the names they are drawn with. */
export interface LineLimit {
  readonly lines: readonly string[];
  readonly thresholds: readonly Step[];
}

/** From `from` upwards (null: the lowest) the colour is this. */
export interface Step {
  readonly from: number | null;
  readonly colour: string;
}

export interface Word {
  readonly value: number;
  readonly text: string;
  readonly colour: string;
}

/** A choice at the head of a dashboard, filled from a label. */
export interface VariableSpec {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly metric: string;
  readonly sourceLabel: string;
}

/** Of no data, where there is no instance that tells. */
export const NO_SERVICE = "no service";

/** A level that has no good or bad side, or lines of which not all have one: then `limitOf` has the others'. */
export const NO_LIMIT: readonly Step[] = [{ from: null, colour: PLAIN }];

/** Anything at all is wrong. */
export const ZERO_ONLY: readonly Step[] = [
  { from: null, colour: GOOD },
  // Counts are whole, and a rate of one in an hour is above this.
  { from: 1e-9, colour: BAD },
];

/** Nothing at all is wrong: somebody should have been seen. */
export const ABOVE_ZERO: readonly Step[] = [
  { from: null, colour: BAD },
  { from: 1e-9, colour: GOOD },
];

/** Signups that ended as none should: nobody knows whether they are members, or they are not and the service is why. */
export const NO_SIGNUP_FAILS: LineLimit = { lines: ["failed", "indeterminate"], thresholds: ZERO_ONLY };

/** Good below `look`, to be looked at from there, bad from `bad` on. */
export function upTo(look: number, bad: number): readonly Step[] {
  return [
    { from: null, colour: GOOD },
    { from: look, colour: LOOK },
    { from: bad, colour: BAD },
  ];
}

/** Bad below `look`, to be looked at below `good`. */
export function atLeast(look: number, good: number): readonly Step[] {
  return [
    { from: null, colour: BAD },
    { from: look, colour: LOOK },
    { from: good, colour: GOOD },
  ];
}
