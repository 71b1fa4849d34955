import type { HistoryDatabase } from "../checks/history-database.ts";
import type { AnswerClass } from "../target/target.ts";
import { ANSWER_CLASSES } from "../target/target.ts";

/** A run over time, in at most BUCKETS_MAX equal steps: everything the charts are drawn from. */
export interface Series {
  bucketSeconds: number;
  /** Where each bucket begins, seconds from the run's start. All other columns have the same length. */
  fromSeconds: number[];
  /** Visitors per second: due, and really started. */
  plannedPerSecond: number[];
  startedPerSecond: number[];
  /** Answers of the campaign (reading back apart) by class; classes that never came are left out. */
  answers: { class: AnswerClass; total: number; perSecond: number[] }[];
  /** First step, from the due time to the end of the answer or to giving up; null where nobody was due. */
  latencyP50Seconds: (number | null)[];
  latencyP99Seconds: (number | null)[];
  /** Share of the visitors who signed up with another visitor's signup in flight; null where nobody signed up. */
  overlapRatio: (number | null)[];
}

/** Finer steps cannot be seen on the page, and each is a row in its tables. */
const BUCKETS_MAX = 120;

/** Counted by the database: the page's cost does not grow with the history. */
export async function readSeries(history: HistoryDatabase): Promise<Series> {
  const bucketSeconds = bucketFor(await lastSeconds(history));
  const width = Math.round(bucketSeconds * 1e6);
  // One connection: one query after the other.
  const planned = await history.rows<Counted>(countPer("planned", "dueMicroseconds", width));
  const started = await history.rows<Counted>(countPer("arrivals", "startedMicroseconds", width));
  const answers = await history.rows<Counted & { class: AnswerClass }>(answersByClass(width));
  const latency = await history.rows<Latency>(latencyFromDue(width));
  const overlap = await history.rows<Overlap>(overlapOverTime(width));
  const alerts = await history.rows<Counted>(
    countPer("alerts", "greatest(firedMicroseconds, resolvedMicroseconds)", width),
  );
  const seen = [planned, started, answers, alerts].flat().map((row) => row.bucket);
  const bucketsCount = 1 + Math.max(0, ...seen);
  const column = <Row extends { bucket: number }, Value>(
    rows: Row[],
    value: (row: Row) => Value,
    empty: Value,
  ) => {
    const filled: Value[] = new Array(bucketsCount).fill(empty);
    for (const row of rows) if (row.bucket >= 0 && row.bucket < bucketsCount) filled[row.bucket] = value(row);
    return filled;
  };
  const perSecond = (rows: Counted[]) => column(rows, (row) => row.count / bucketSeconds, 0);
  return {
    bucketSeconds,
    fromSeconds: Array.from({ length: bucketsCount }, (_, index) => index * bucketSeconds),
    plannedPerSecond: perSecond(planned),
    startedPerSecond: perSecond(started),
    answers: ANSWER_CLASSES.flatMap((name) => {
      const rows = answers.filter((row) => row.class === name);
      const total = rows.reduce((sum, row) => sum + row.count, 0);
      return total === 0 ? [] : [{ class: name, total, perSecond: perSecond(rows) }];
    }),
    latencyP50Seconds: column<Latency, number | null>(latency, (row) => row.p50, null),
    latencyP99Seconds: column<Latency, number | null>(latency, (row) => row.p99, null),
    overlapRatio: column<Overlap, number | null>(overlap, (row) => row.ratio, null),
  };
}

/** Highest of the moments that the plan wanted, for the axis and the text. */
export const peakPerSecond = (series: Series): number => Math.max(0, ...series.plannedPerSecond);

type Counted = { bucket: number; count: number };
type Latency = { bucket: number; p50: number; p99: number };
type Overlap = { bucket: number; ratio: number };

/** Steps that read well on a clock; the largest still holds a run of five days in BUCKETS_MAX. */
const BUCKET_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

function bucketFor(seconds: number): number {
  return BUCKET_SECONDS.find((step) => seconds / step < BUCKETS_MAX) ?? Math.ceil(seconds / BUCKETS_MAX);
}

async function lastSeconds(history: HistoryDatabase): Promise<number> {
  const rows = await history.rows<{ last: number | null }>(`
    select max(last) as last from (
      select max(dueMicroseconds) as last from planned
      union all select max(startedMicroseconds) from arrivals
      union all select max(endedMicroseconds) from requests where phase = 'campaign'
      union all select max(greatest(firedMicroseconds, resolvedMicroseconds)) from alerts
    )`);
  return (rows[0]?.last ?? 0) / 1e6;
}

const bucketOf = (column: string, widthMicroseconds: number) =>
  `cast(floor(${column} / ${widthMicroseconds}) as integer)`;

const countPer = (view: string, column: string, width: number) => `
  select ${bucketOf(column, width)} as bucket, count(*) as count from ${view} group by all`;

const answersByClass = (width: number) => `
  select ${bucketOf("endedMicroseconds", width)} as bucket, class, count(*) as count
  from requests where phase = 'campaign' group by all`;

/** By the moment of being due. Who was to drop the connection is left out: that end is the plan's, not the target's. */
const latencyFromDue = (width: number) => `
  select ${bucketOf("planned.dueMicroseconds", width)} as bucket,
         quantile_cont(latencySeconds, 0.5) as p50, quantile_cont(latencySeconds, 0.99) as p99
  from (
    select planned.dueMicroseconds, (requests.endedMicroseconds - planned.dueMicroseconds) / 1e6 as latencySeconds
    from requests join planned using (visitor)
    where requests.request = 1 and requests.phase = 'campaign' and requests.purpose != 'abandoned'
  ) as planned
  group by all`;

/** The same signups as the check of the claim looks at (`checks/sql/overlap.sql`): bursts and double-taps apart. */
const overlapOverTime = (width: number) => `
  with flight as (
    select requests.visitor, requests.step, sentMicroseconds as sent, coalesce(firstByteMicroseconds, endedMicroseconds) as answered
    from requests join planned using (visitor)
    where role in ('sign-up', 'come-back') and phase = 'campaign' and purpose != 'double-tap'
      and sentMicroseconds is not null and planned.burst = 0
  ),
  -- Sorted by start, a signup meets another when the latest answer so far lies after its start, or the next start before its answer.
  meeting as (
    select visitor, sent,
           coalesce(max(answered) over earlier > sent, false)
             or coalesce(lead(sent) over (partition by step order by sent, answered, visitor) < answered, false) as hasMet
    from flight
    window earlier as (
      partition by step order by sent, answered, visitor rows between unbounded preceding and 1 preceding
    )
  ),
  person as (select visitor, min(sent) as firstSent, bool_or(hasMet) as hasMet from meeting group by visitor)
  select ${bucketOf("firstSent", width)} as bucket, avg(cast(hasMet as integer)) as ratio from person group by all`;
