import {
  ASSUMED_SIGNUP_SECONDS,
  CORES_SHARE_ON_TIME,
  type Forecast,
  forecastPlan,
  generatorNeed,
  lateEngines,
  type MachineLimits,
  machineLimits,
} from "./forecast.ts";
import type { Paint } from "./paint.ts";
import { BEHAVIOURS, type Plan } from "./plan.ts";

const LABEL_WIDTH = 12;

/** What is drawn: campaign, target and everything that decides the crowd. */
export function titleOf(plan: Plan, options: { width: number; paint: Paint }): string[] {
  const { campaign, target, seed, scale } = plan;
  const [first = "", ...more] = wrap(
    `${campaign} on ${target.name}, seed ${seed}, scale ${scale}`,
    options.width,
  );
  const [name, rest] = [first.slice(0, campaign.length), first.slice(campaign.length)];
  const { paint } = options;
  return [paint("bold", name) + paint("dim", rest), ...more.map((line) => paint("dim", line))];
}

/** The numbers below the curve: one subject a line, its headline first, what it rests on after it. */
export function describePlan(plan: Plan, options: { width: number; paint: Paint }): string[] {
  const { paint, width } = options;
  const forecast = forecastPlan(plan);
  const rows: [string, string][] = [
    ["visitors", visitorsLine(plan, forecast)],
    ["peak", peakLine(forecast)],
    ["lasts", durationLine(plan, forecast)],
    ["behaviour", behaviourLine(forecast)],
    ["couples", couplesLine(forecast)],
    ["overlap", overlapLine(plan, forecast)],
    ["claim", claimLine(plan, forecast, paint)],
    ["strength", strengthLine(plan, forecast)],
    ["generator", generatorLine(plan, machineLimits(), paint)],
    ["on time", onTimeLine(plan, machineLimits(), paint)],
  ];
  return rows.flatMap(([label, text]) =>
    wrap(text, width - LABEL_WIDTH).map(
      (line, at) => `${paint("dim", (at === 0 ? label : "").padEnd(LABEL_WIDTH))}${line}`,
    ),
  );
}

function visitorsLine(plan: Plan, { visitors, burstVisitors, burstVisitorsMax }: Forecast): string {
  const bursts = plan.bursts.length;
  if (bursts === 0) return `${count(visitors)}, all by the curve, no bursts`;
  const inBursts = `${count(burstVisitors)} in ${bursts === 1 ? "one burst" : `${bursts} bursts`}`;
  return `${count(visitors)}: ${count(visitors - burstVisitors)} by the curve, ${inBursts}${bursts > 1 ? `, the largest of ${count(burstVisitorsMax)}` : ""}`;
}

function peakLine({ peakPerSecond, peakAtSeconds, meanPerSecond }: Forecast): string {
  return `${rate(peakPerSecond)} at ${span(peakAtSeconds)}, ${rate(meanPerSecond)} on average with the bursts`;
}

function durationLine(
  { durationSeconds, drainSeconds, readBackSeconds }: Plan,
  { seconds }: Forecast,
): string {
  return `${span(seconds)}: arrivals ${span(durationSeconds)}, drain ${span(drainSeconds)}, read-back ${span(readBackSeconds)}`;
}

function behaviourLine({ behaviours, visitors }: Forecast): string {
  return BEHAVIOURS.filter((behaviour) => behaviours[behaviour] > 0)
    .map((behaviour) => `${behaviour} ${percent(behaviours[behaviour] / visitors)}`)
    .join(", ");
}

function couplesLine({ couples, couplesAtOneInstant }: Forecast): string {
  return couples === 0
    ? "none who share an address, a key or a session"
    : `${count(couples)} who share an address, a key or a session, ${count(couplesAtOneInstant)} of them due in one microsecond`;
}

function overlapLine(plan: Plan, { overlaps, signupSecondsForTarget }: Forecast): string {
  const [assumed, ...others] = overlaps;
  const also = others
    .map((one) => `${milliseconds(one.signupSeconds)}:${NO_BREAK}${percent(one.overlapRatio)}`)
    .join(", ");
  const meeting = `${percent(assumed?.overlapRatio ?? 0)} on the curve meet another signup in flight`;
  return `${meeting} if one takes ${milliseconds(ASSUMED_SIGNUP_SECONDS)} (${also})${targetOf(plan, signupSecondsForTarget)}`;
}

function targetOf(plan: Plan, signupSecondsForTarget: number | null): string {
  if (plan.overlapTargetRatio === 0) return "; no target";
  const from =
    signupSecondsForTarget === null
      ? "out of reach"
      : `reached from ${milliseconds(signupSecondsForTarget)} on`;
  return `; target ${percent(plan.overlapTargetRatio)}, ${from}`;
}

function claimLine(plan: Plan, { claimObstacles }: Forecast, paint: Paint): string {
  if (claimObstacles.length > 0) {
    return `${plan.claim} ${paint("red", "✗ out of reach:")} ${claimObstacles.join("; ")}. The verdict would be unknown.`;
  }
  const rest =
    plan.claim === "saturated" ? ", if the target shows that it is full (waiting, refusals, a knee)" : "";
  return `${plan.claim} ${paint("green", "✓ within reach")}${rest}`;
}

function strengthLine(plan: Plan, { visitors, behaviours }: Forecast): string {
  // One of two with one address, and one of two with one key, is turned away.
  const signups = visitors - (behaviours.pair + behaviours["shared-key"]) / 2;
  const episodes = Math.max(1, plan.bursts.length);
  const each = plan.bursts.length > 0 ? "bursts" : "run";
  // 3/k says nothing below four episodes.
  const bound =
    episodes > 3
      ? `; a fault that shows in ${percent(3 / episodes)} of them or more would be seen with 95 % confidence`
      : `; fewer than four say nothing about a fault that shows only now and then`;
  return `a pass could rest on up to ${count(signups)} signups and ${episodes} independent ${episodes === 1 ? "episode" : "episodes"} (${each})${bound}`;
}

function generatorLine(plan: Plan, limits: MachineLimits, paint: Paint): string {
  const need = generatorNeed(plan, limits.portHoldSeconds);
  const lacks =
    need.openFiles > limits.openFilesMax ||
    need.ports > limits.ports ||
    need.memoryBytes > limits.memoryBytes;
  const verdict = lacks
    ? paint("red", "✗ more than this machine has")
    : paint("green", "✓ this machine has it");
  const parts = [
    `${count(need.openFiles)} open files (of ${Number.isFinite(limits.openFilesMax) ? count(limits.openFilesMax) : "any number"})`,
    `${count(need.ports)} client ports (of ${count(limits.ports)})`,
    `${mebibytes(need.memoryBytes)} of memory (${mebibytes(limits.memoryBytes)} free)`,
    `${need.k6VirtualUsers} VUs under k6`,
  ];
  return `${verdict}: if the target hangs, ${count(need.visitorsInFlightMax)} visitors in flight, ${parts.join(", ")}`;
}

function onTimeLine(plan: Plan, limits: MachineLimits, paint: Paint): string {
  const need = generatorNeed(plan, limits.portHoldSeconds);
  const late = lateEngines(need, limits);
  const verdict =
    late.length === 0
      ? paint("green", "✓ both engines have room to start people on time")
      : paint(
          "red",
          `✗ ${late.map((engine) => `the ${engine} engine`).join(" and ")} would start people late`,
        );
  const room = (engine: "k6" | "embedded") =>
    `${need.cores[engine].toFixed(1)} (up to ${(limits.cores * CORES_SHARE_ON_TIME[engine]).toFixed(1)} is room enough)`;
  return `${verdict}: of ${limits.cores} cores the busiest second takes about ${room("k6")} under k6, ${room("embedded")} under the embedded engine`;
}

/** Breaks at blanks; colour codes are few and short, and never make a line too long by more than themselves. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && `${line} ${word}`.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** One spelling everywhere, whatever the machine's locale says. */
function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** The blank before a unit is one that no line breaks at. */
const NO_BREAK = "\u00a0";

function percent(ratio: number): string {
  const percents = ratio * 100;
  return `${Number(percents.toFixed(percents < 9.95 ? 1 : 0))}${NO_BREAK}%`;
}

function rate(perSecond: number): string {
  return `${Number(perSecond.toPrecision(3)).toLocaleString("en-US")}/s`;
}

function milliseconds(seconds: number): string {
  return `${Number((seconds * 1_000).toPrecision(2))}${NO_BREAK}ms`;
}

function span(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toFixed(1))}${NO_BREAK}s`;
  const minutes = Math.floor(seconds / 60);
  const left = Math.round(seconds - minutes * 60);
  return left === 0 ? `${minutes}${NO_BREAK}min` : `${minutes}${NO_BREAK}min ${left}${NO_BREAK}s`;
}

function mebibytes(bytes: number): string {
  return `${count(bytes / 2 ** 20)}${NO_BREAK}MiB`;
}
