import { percentileOf } from "../spread.ts";
import type { SignupAnswer } from "./signup-answer.ts";

/** What one point of the curve came to, over its steady window. */
export interface Summary {
  windowSeconds: number;
  /** Acknowledged members a second, and those of them who had waited with a ticket. */
  goodputPerSecond: number;
  withTicketPerSecond: number;
  /** Who was told to wait, or refused. */
  turnedAwayPerSecond: number;
  turnedAway: number;
  members: number;
  /** From before connecting to the last byte, of the judged visitors. NaN where nobody was turned away. */
  turnedAwayMsP50: number;
  turnedAwayMsP99: number;
  /** How far from the time first told people became members, 95th percentile; and as a part of what may be (2 s or 20 % of the wait). */
  toldErrorSecondsP95: number;
  toldErrorOfAllowedP95: number;
  /**
   * Spearman's, between the order of tickets and the order in which their holders became members. NaN where all of them
   * were given within a second: who stood before whom is then a matter of how long each answer took.
   */
  rankCorrelation: number;
  holders: number;
  /** People who came back, and those of them who were told another time or refused. */
  comeBacks: number;
  toldAgain: number;
  /** Neither acknowledged nor told to wait nor refused. */
  others: number;
}

export interface Window {
  fromSeconds: number;
  toSeconds: number;
}

/** A told time may be wrong by so much, whichever is more. */
const ALLOWED = { seconds: 2, shareOfWait: 0.2 };

export function summarise(answers: readonly SignupAnswer[], window: Window): Summary {
  const seconds = window.toSeconds - window.fromSeconds;
  const inWindow = answers.filter(
    ({ endedSeconds }) => endedSeconds >= window.fromSeconds && endedSeconds < window.toSeconds,
  );
  const members = inWindow.filter(({ kind }) => kind === "acknowledged");
  const turnedAway = inWindow.filter(({ kind }) => kind === "waiting" || kind === "refused");
  const tookMs = turnedAway
    .filter(({ isJudged }) => isJudged)
    .map(({ startedSeconds, endedSeconds }) => (endedSeconds - startedSeconds) * 1e3)
    .sort((one, other) => one - other);
  const firstTold = firstToldOf(answers);
  const holders = members.flatMap(({ person, endedSeconds }) => {
    const told = firstTold.get(person);
    return told === undefined ? [] : [{ ...told, memberSeconds: endedSeconds }];
  });
  const errors = holders.map(({ toldSeconds, memberSeconds }) => Math.abs(memberSeconds - toldSeconds));
  const shares = holders.map(
    ({ sinceSeconds, toldSeconds }, at) =>
      (errors[at] ?? Number.NaN) /
      Math.max(ALLOWED.seconds, (toldSeconds - sinceSeconds) * ALLOWED.shareOfWait),
  );
  const p95 = (values: number[]) =>
    percentileOf(
      values.sort((one, other) => one - other),
      0.95,
    );
  const cameBack = inWindow.filter(
    ({ person, startedSeconds }) => startedSeconds > (firstTold.get(person)?.sinceSeconds ?? Number.NaN),
  );
  return {
    windowSeconds: seconds,
    goodputPerSecond: members.length / seconds,
    withTicketPerSecond: holders.length / seconds,
    turnedAwayPerSecond: turnedAway.length / seconds,
    turnedAway: turnedAway.length,
    members: members.length,
    turnedAwayMsP50: percentileOf(tookMs, 0.5),
    turnedAwayMsP99: percentileOf(tookMs, 0.99),
    toldErrorSecondsP95: p95([...errors]),
    toldErrorOfAllowedP95: p95(shares),
    rankCorrelation: fairnessOf(holders),
    holders: holders.length,
    comeBacks: cameBack.length,
    toldAgain: cameBack.filter(({ kind }) => kind !== "acknowledged").length,
    others: inWindow.filter(({ kind }) => kind === "other").length,
  };
}

/** When each person was first told to wait, and until when. */
function firstToldOf(
  answers: readonly SignupAnswer[],
): Map<string, { sinceSeconds: number; toldSeconds: number }> {
  const told = new Map<string, { sinceSeconds: number; toldSeconds: number }>();
  for (const { person, toldSeconds, endedSeconds } of answers) {
    if (toldSeconds === null) continue;
    const before = told.get(person);
    if (before === undefined || before.sinceSeconds > endedSeconds)
      told.set(person, { sinceSeconds: endedSeconds, toldSeconds });
  }
  return told;
}

const TICKETS_SECONDS_MIN = 1;

function fairnessOf(holders: readonly { sinceSeconds: number; memberSeconds: number }[]): number {
  const since = holders.map(({ sinceSeconds }) => sinceSeconds);
  const sorted = since.toSorted((one, other) => one - other);
  // Without the few who were told before it was crowded, or late.
  const seconds = percentileOf(sorted, 0.95) - percentileOf(sorted, 0.05);
  if (!(seconds >= TICKETS_SECONDS_MIN)) return Number.NaN;
  return rankCorrelation(
    since,
    holders.map(({ memberSeconds }) => memberSeconds),
  );
}

/** 1 − 6 Σd² / n(n² − 1), d: what lies between a person's two ranks. Times are microseconds, so ties decide nothing. */
export function rankCorrelation(one: readonly number[], other: readonly number[]): number {
  const n = one.length;
  if (n < 3) return Number.NaN;
  const otherRanks = ranksOf(other);
  const sum = ranksOf(one).reduce((total, rank, at) => total + (rank - (otherRanks[at] ?? 0)) ** 2, 0);
  return 1 - (6 * sum) / (n * (n * n - 1));
}

function ranksOf(values: readonly number[]): number[] {
  const ranks: number[] = new Array(values.length);
  const order = values.map((_value, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  for (const [rank, at] of order.entries()) ranks[at] = rank;
  return ranks;
}
