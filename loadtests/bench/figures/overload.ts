import type { Bench, Figure, Goal, Measured } from "../figure.ts";
import { drawPlot, plotAsText } from "../overload/plot.ts";
import { measurePoint, type Point, type SlowDatabase } from "../overload/point.ts";
import { showNumber } from "../spread.ts";

/** What the slow database can nearly do: at 1 × hardly anybody waits. */
const ONE_TIMES_PER_SECOND = 40;
const TIMES = [1, 2, 5, 10, 20, 50];
const TIMES_QUICK = [1, 10, 50];
/** By then the door has found its limit, and those with the first tickets are on their way back. */
const SECONDS = { warmUp: 10, window: 25 };
const SECONDS_QUICK = { warmUp: 5, window: 8 };
/** After the last arrival, for who is at work. */
const DRAIN_SECONDS = 2;
/** A spike whose line is followed until it is empty: ten times too many come for so long, and the last of them waits a minute. */
const SPIKE = { times: 10, seconds: 7, drainSeconds: 100 };
const SPIKE_QUICK = { times: 10, seconds: 3, drainSeconds: 45 };
/** A registration is about 1.3 kB on the wire and two batches are under way, each on a connection of its own. */
const SLOW: SlowDatabase = { answerDelayMs: 20, bytesPerSecond: 26_000 };
const PLOT = "overload.svg";
/** A sentence for each goal that may be missed. */
const IN_THE_WAY = {
  of10: "the peak is the highest of six points, and each of them wavers by three in a hundred from run to run.",
  refusal:
    "the worker, its parent, PostgreSQL, the slow wire and two generators share two cores. Looked at on 2026-11-23 at 50 ×: the " +
    "worker's loop stands still for 20 to 30 ms at most; with young generations of 1, 2 and 16 MB the p99 was 116, 25 and 76, and " +
    "29 ms: it wavers from run to run, and not with the collector.",
} as const;

const GOALS = { of10: 0.97, of50: 0.9, refusalMs: 20, rank: 0.99, rssMebibytes: 512 };

export const overload: Figure = {
  name: "overload",
  title: "members a second when many times too many come",
  explanation: `The whole service (parent and one worker, guard and ledgers on) on a database at the end of a thin wire: a TCP proxy that
delays every answer by ${SLOW.answerDelayMs} ms and lets ${SLOW.bytesPerSecond.toLocaleString("en")} bytes a second pass on each connection, so that rows cost time and larger batches buy
no more. Newcomers come at random (Poisson) at 1 to 50 times ${ONE_TIMES_PER_SECOND} a second, ${SECONDS.warmUp} s to warm up and ${SECONDS.window} s measured, service and
database fresh for each point. Up to 200 a second are visitors of the embedded engine (fresh connections, recorded, judged by all
checks); of more, every 2nd (10 ×), 4th or 10th newcomer is, and the others are a flood from a leaner process on kept connections. All come
back with their ticket when they were told. Turned away: told to wait, or refused; the time is the visitors', from before connecting to
the last byte. CPU: the worker's, less what a member cost at 1 ×. Told: how far from the time first told people became members.
Rank correlation: between the order of tickets and the order in which their holders became members; where a cell is empty, as at 10 ×
and more, the tickets of everybody who was let in meanwhile were given within one second, and there is no order to speak of.
Therefore a spike beside it: ${SPIKE.times} × for ${SPIKE.seconds} s, then nobody new, and the line is followed until it is empty.`,
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const { warmUp, window } = bench.isQuick ? SECONDS_QUICK : SECONDS;
  const points: Point[] = [];
  for (const times of bench.isQuick ? TIMES_QUICK : TIMES) {
    bench.tell(`${times} ×: ${times * ONE_TIMES_PER_SECOND} a second for ${warmUp + window} s`);
    const options = {
      offeredPerSecond: times * ONE_TIMES_PER_SECOND,
      arrivalSeconds: warmUp + window,
      drainSeconds: DRAIN_SECONDS,
      window: { fromSeconds: warmUp, toSeconds: warmUp + window },
    };
    points.push(await measurePoint(bench, options, SLOW));
  }
  const spike = await measureSpike(bench);
  const plotted = points.map((point) => ({ ...point, times: timesOf(point) }));
  return {
    tables: [curveTable(points), costTable(points), spikeTable(spike)],
    goals: goalsOf(points, spike),
    notes: [
      `![Members a second over what was offered](${PLOT})`,
      `\`\`\`text\n${plotAsText(plotted)}\n\`\`\``,
      ...[...points, spike].flatMap((point) => [
        ...point.violations.map((words) => `At ${timesOf(point)} ×: ${words}`),
        ...point.unknowns.map((words) => `At ${timesOf(point)} ×, unknown: ${words}`),
      ]),
    ],
    drawings: [{ file: PLOT, svg: drawPlot(plotted) }],
  };
}

async function measureSpike(bench: Bench): Promise<Point> {
  const { times, seconds, drainSeconds } = bench.isQuick ? SPIKE_QUICK : SPIKE;
  bench.tell(`${times} × for ${seconds} s, until the line is empty`);
  return measurePoint(
    bench,
    {
      offeredPerSecond: times * ONE_TIMES_PER_SECOND,
      arrivalSeconds: seconds,
      drainSeconds,
      window: { fromSeconds: 0, toSeconds: seconds + drainSeconds },
    },
    SLOW,
  );
}

function spikeTable(spike: Point) {
  return {
    columns: [
      "a spike, until its line is empty",
      "members",
      "with a ticket",
      "rank correlation",
      "told: off by, p95 s",
      "holders told again",
      "violations",
    ],
    rows: [
      [
        `${timesOf(spike)} × = ${spike.offeredPerSecond}/s`,
        showNumber(spike.members),
        showNumber(spike.holders),
        showNumber(spike.rankCorrelation, 4),
        showNumber(spike.toldErrorSecondsP95, 2),
        `${spike.toldAgain} of ${spike.comeBacks}`,
        String(spike.violations.length),
      ],
    ],
  };
}

function curveTable(points: readonly Point[]) {
  const peak = peakOf(points);
  return {
    columns: [
      "offered",
      "members/s",
      "of the peak",
      "with a ticket/s",
      "turned away/s",
      "turned away p50 ms",
      "p99 ms",
      "told: off by, p95 s",
      "rank correlation",
      "holders told again",
      "violations",
    ],
    rows: points.map((point) => [
      `${timesOf(point)} × = ${point.offeredPerSecond}/s`,
      showNumber(point.goodputPerSecond, 1),
      showNumber(point.goodputPerSecond / peak, 2),
      showNumber(point.withTicketPerSecond, 1),
      showNumber(point.turnedAwayPerSecond),
      showNumber(point.turnedAwayMsP50, 1),
      showNumber(point.turnedAwayMsP99, 1),
      showNumber(point.toldErrorSecondsP95, 2),
      showNumber(point.rankCorrelation, 4),
      `${point.toldAgain} of ${point.comeBacks}`,
      String(point.violations.length),
    ]),
  };
}

function costTable(points: readonly Point[]) {
  const aMember = memberMicroseconds(points);
  return {
    columns: [
      "offered",
      "worker's CPU, cores",
      "CPU for one turned away, µs",
      "worker's peak RSS",
      "parent's peak RSS",
    ],
    rows: points.map((point) => [
      `${timesOf(point)} ×`,
      showNumber((point.workerCpuSeconds ?? Number.NaN) / point.windowSeconds, 2),
      showNumber(turnedAwayMicroseconds(point, aMember)),
      `${showNumber(point.workerMebibytesMax ?? Number.NaN)} MiB`,
      `${showNumber(point.parentMebibytesMax ?? Number.NaN)} MiB`,
    ]),
  };
}

/** At 1 × hardly anybody is turned away: all of the worker's work is for members. */
function memberMicroseconds(points: readonly Point[]): number {
  const first = points[0];
  return first === undefined ? Number.NaN : ((first.workerCpuSeconds ?? Number.NaN) * 1e6) / first.members;
}

function turnedAwayMicroseconds(point: Point, aMember: number): number {
  if (point.turnedAwayPerSecond < point.goodputPerSecond) return Number.NaN;
  const seconds = (point.workerCpuSeconds ?? Number.NaN) - (point.members * aMember) / 1e6;
  return (seconds * 1e6) / point.turnedAway;
}

function goalsOf(points: readonly Point[], spike: Point): Goal[] {
  const peak = peakOf(points);
  const at = (times: number) => points.find((point) => timesOf(point) === times);
  const crowded = points.filter((point) => timesOf(point) >= 10);
  const worst = (read: (point: Point) => number) => Math.max(...crowded.map(read));
  const goal = (
    wanted: string,
    value: number,
    show: (value: number) => string,
    isReached: (value: number) => boolean,
    inTheWay?: string,
  ): Goal => ({
    wanted,
    measured: Number.isNaN(value) ? "–" : show(value),
    reached: Number.isNaN(value) ? "unknown" : isReached(value) ? "yes" : "no",
    ...(inTheWay === undefined ? {} : { inTheWay }),
  });
  const share = (times: number) => (at(times)?.goodputPerSecond ?? Number.NaN) / peak;
  const p99 = worst(({ turnedAwayMsP99 }) => turnedAwayMsP99);
  const rss = Math.max(...points.map(({ workerMebibytesMax }) => workerMebibytesMax ?? Number.NaN));
  const rank = spike.rankCorrelation;
  const told = Math.max(
    worst(({ toldErrorOfAllowedP95 }) => toldErrorOfAllowedP95),
    spike.toldErrorOfAllowedP95,
  );
  const violations = [...points, spike].reduce((sum, point) => sum + point.violations.length, 0);
  const isAllKnown = [...points, spike].every(({ unknowns }) => unknowns.length === 0);
  const threeDigits = (value: number) => showNumber(value, 3);
  return [
    goal(
      `members/s at 10 × at least ${GOALS.of10} of the peak`,
      share(10),
      threeDigits,
      (value) => value >= GOALS.of10,
      IN_THE_WAY.of10,
    ),
    goal(
      `members/s at 50 × at least ${GOALS.of50} of the peak`,
      share(50),
      threeDigits,
      (value) => value >= GOALS.of50,
    ),
    goal(
      `turned away p99 at 10 × and more at most ${GOALS.refusalMs} ms`,
      p99,
      (value) => `${showNumber(value, 1)} ms`,
      (value) => value <= GOALS.refusalMs,
      IN_THE_WAY.refusal,
    ),
    goal(
      `the worker's memory at most ${GOALS.rssMebibytes} MiB`,
      rss,
      (value) => `${showNumber(value)} MiB`,
      (value) => value <= GOALS.rssMebibytes,
    ),
    // A violation is one, whatever else is unknown.
    goal(
      "violations 0",
      violations > 0 || isAllKnown ? violations : Number.NaN,
      String,
      (value) => value === 0,
    ),
    goal(
      `rank correlation of tickets at 10 × at least ${GOALS.rank}`,
      rank,
      (value) => showNumber(value, 4),
      (value) => value >= GOALS.rank,
    ),
    goal(
      "told time p95 off by at most 2 s or 20 % of the wait",
      told,
      (value) => `${showNumber(value * 100)} % of that`,
      (value) => value <= 1,
    ),
  ];
}

const timesOf = ({ offeredPerSecond }: Point) => offeredPerSecond / ONE_TIMES_PER_SECOND;
const peakOf = (points: readonly Point[]) =>
  Math.max(...points.map(({ goodputPerSecond }) => goodputPerSecond));
