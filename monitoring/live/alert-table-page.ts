import type { Proof } from "./prove-alert.ts";
import { SCENES } from "./scenes.ts";

/** One campaign that ships, sent to a healthy service under the rules. */
export interface QuietRun {
  readonly campaign: string;
  readonly scale: number;
  /** Of `buildId`; its runs are of one build. */
  readonly build: string;
  /** One for each time: the pages of that run; null where nobody watched. */
  readonly pages: readonly (readonly string[] | null)[];
}

/** An alert's proof and the build that it was made on. */
export type Proven = Proof & { readonly build: string };

/** What tries to prove an alert said that came to nothing, on one build; a later success does not undo them. */
export interface Failures {
  readonly build: string;
  readonly whys: readonly string[];
}

/** By alert. */
export interface Proofs {
  readonly proven: Readonly<Record<string, Proven>>;
  readonly failed: Readonly<Record<string, Failures>>;
}

export interface Circumstances {
  /** When, on what machine, by which versions. */
  readonly sentence: string;
  readonly build: string;
}

/** docs/alert-table.md; what was not proven, or on another build, stands there as such. */
export function alertTablePage(
  { proven, failed }: Proofs,
  quiet: readonly QuietRun[],
  { sentence, build }: Circumstances,
): string {
  return `# Which fault makes which alert fire

Made by \`npm run prove-alerts\`; ${sentence}. Each row is a real service, a real PostgreSQL behind a wire that can be slowed, and the
real stack with the quick parameters (${"`monitoring/rules/parameters.ts`"}): waits of seconds instead of minutes, the same rules.
*Fired*: Prometheus, from when the cause began. *Told*: the receiver. *Over*: from when the cause had ended and, where the campaign was
closed, before two people had reopened it; then the receiver was told that it is over. Alerts of a trouble's causes and of its other
sides fire with it, and are listed; one that nobody is to expect, of whatever severity, would stand in bold. Build ${build}: a row with * was measured on an earlier one.

| alert | severity | what was done | fired | told | over | fired with it |
|---|---|---|---|---|---|---|
${SCENES.map(({ alert, how }) => rowOf(alert, how, proven[alert], build)).join("\n")}
| Watchdog | none | it always fires; Prometheus or Alertmanager killed: [alert-latency.md](alert-latency.md) | always | every 2 s | – | – |

## Tries that came to nothing

${failuresSection(failed, build)}

## No page where all is well

${quietSection(quiet, build)}
`;
}

function rowOf(alert: string, how: string, proof: Proven | undefined, build: string): string {
  if (proof === undefined) return `| ${alert} | | ${how} | not proven | | | |`;
  const { severity, firedSeconds, toldSeconds, overSeconds, others, unexpected } = proof;
  const beside = [...unexpected.map((name) => `**${name}**`), ...others].join(", ");
  const told = toldSeconds === null ? "nobody" : shown(toldSeconds);
  return `| ${alert}${proof.build === build ? "" : " *"} | ${severity} | ${proof.how} | ${shown(firedSeconds)} | ${told} | ${shown(overSeconds)} | ${beside || "–"} |`;
}

function failuresSection(failed: Proofs["failed"], build: string): string {
  const lines = SCENES.flatMap(({ alert }) => {
    const { build: own, whys = [] } = failed[alert] ?? {};
    return whys.map((why) => `- ${alert}${own === build ? "" : " *"}: ${why}.`);
  });
  return lines.length === 0 ? "None." : lines.join("\n");
}

const shown = (seconds: number) => `${seconds.toFixed(1)} s`;

function quietSection(quiet: readonly QuietRun[], build: string): string {
  const runs = quiet
    .filter((each) => each.build === build)
    .flatMap(({ pages }) => pages)
    .filter((pages) => pages !== null);
  const paged = runs.filter((pages) => pages.length > 0).length;
  const bound = paged === 0 && runs.length >= 4 ? boundOf(runs.length) : "";
  return `Campaigns that ship, by \`crowdproof gate NAME --alerts\`; one that is not listed was not run (soak lasts an hour). Runs of this build that paged anybody: ${paged} of ${runs.length}.${bound} When one may page all the same: [checks.md](checks.md#alerts).

| campaign | scale | runs | not watched | pages |
|---|---|---|---|---|
${quiet.map((each) => quietRow(each, build)).join("\n")}`;
}

function boundOf(runs: number): string {
  return ` With 95 % confidence fewer than ${Math.ceil((100 * 3) / runs)} % of such runs page (3/k over ${runs} independent runs).`;
}

function quietRow({ campaign, scale, pages, build: own }: QuietRun, build: string): string {
  const names = [...new Set(pages.flatMap((each) => each ?? []))].join(", ") || "none";
  const unwatched = pages.filter((each) => each === null).length;
  return `| ${campaign}${own === build ? "" : " *"} | ${scale} | ${pages.length} | ${unwatched} | ${names} |`;
}
