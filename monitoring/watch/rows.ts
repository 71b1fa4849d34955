import { production } from "../rules/parameters.ts";
import type { Sample } from "./ask-prometheus.ts";
import type { Question } from "./questions.ts";
import { only, phaseOf, type Samples } from "./samples.ts";
import type { Tone } from "./tone.ts";
import { age, harmless, number, rate, seconds } from "./words.ts";

/** One line of the picture: a value that is coloured, and words beside it that say what it is. */
export interface Row {
  readonly label: string;
  readonly value: string;
  readonly tone?: Tone;
  readonly note?: string;
  /** Where it does not fit beside the value it gets lines of its own, and is not cut off. */
  readonly isNoteKept?: boolean;
}

export const NO_DATA = "no data";
/** Stands for a part of a row. */
const UNKNOWN = "?";
/** The metric is 0, a moment of 1970, until there is something: ten years are nobody's age. */
const NEVER_SECONDS_MIN = 10 * 365 * 86_400;

/** The first rows of the dashboards Campaign and Capacity. */
export function campaignRows(samples: Samples): Row[] {
  const { value, part } = writers(samples);
  const p99 = only(samples.p99Seconds);
  const isClosed = ["halted", "unreadable"].includes(phaseOf(samples) ?? "");
  return [
    {
      label: "members",
      value: value("members", number),
      note: `${part("membersPerSecond", rate)} each second, ${part("offeredPerSecond", rate)} ask`,
    },
    capacityRow(samples),
    {
      label: "waiting",
      value: value("waitingPeople", (people) => `about ${number(people)}`),
      note: isClosed
        ? "who comes now is not let in"
        : only(samples.toldSeconds) === 0
          ? "who comes now is let in"
          : `who comes now is told ${part("toldSeconds", seconds)}`,
    },
    {
      label: "p99",
      value: p99 !== null && Number.isNaN(p99) ? "nobody" : value("p99Seconds", seconds),
      note: "signups acknowledged in the last minute",
    },
    atWorkRow(samples),
    workersRow(samples),
  ];
}

/** The first row of the dashboard Identity. */
export function identityRows(samples: Samples): Row[] {
  const lookAge = only(samples.lookAgeSeconds);
  const lost = only(samples.lost);
  return [
    {
      label: "anomalies",
      ...counts(samples.anomalies, ["kind"]),
      note: anomalyNote(samples),
      isNoteKept: true,
    },
    { label: "auditor", ...auditorCounts(samples), note: auditorNote(lookAge) },
    { label: "probe", ...probeCounts(samples), note: probeNote(samples) },
    {
      label: "lost",
      value: lost === null ? NO_DATA : number(lost),
      tone: lost === 0 ? "good" : "bad",
      note: "anomalies and accesses that are written nowhere",
    },
  ];
}

/** As the tiles: the gate's own measure of a run is no metric. */
const STARTED_SHARE = { good: 0.999, look: 0.98 } as const;

/** The first row of the dashboard Load test: one line where no run shows its numbers. */
export function loadTestRows(samples: Samples): Row[] {
  const { value, part } = writers(samples);
  const [started, planned] = [only(samples.runStarted), only(samples.runPlanned)];
  const asked = [samples.runStarted, samples.runPlanned, samples.runInFlight, samples.exposures];
  if (asked.every(({ length }) => length === 0))
    return [{ label: "load test", value: NO_DATA, note: "no run shows its numbers" }];
  const share = started === null || planned === null ? null : started / planned;
  const inFlight = `${part("runInFlight", number)} in flight`;
  return [
    {
      label: "load test",
      ...(planned === 0
        ? { value: "nobody is due", note: `${value("runStarted", number)} started, ${inFlight}` }
        : {
            value: share === null ? NO_DATA : `${rate(share * 100)} %`,
            tone: startedTone(share ?? 0),
            note: `${part("runStarted", number)} of ${part("runPlanned", number)} due have started, ${inFlight}`,
          }),
      isNoteKept: true,
    },
    { label: "exposures", ...counts(samples.exposures, ["run"]), note: "seen by the load test's visitors" },
  ];
}

function startedTone(share: number): Tone {
  if (share >= STARTED_SHARE.good) return "good";
  return share >= STARTED_SHARE.look ? "look" : "bad";
}

/** What is not known: of a whole row it is no data, of a part of one a question mark. */
function writers(samples: Samples) {
  const writer = (unknown: string) => (question: Question, write: (value: number) => string) => {
    const found = only(samples[question]);
    return found === null ? unknown : write(found);
  };
  return { value: writer(NO_DATA), part: writer(UNKNOWN) };
}

function capacityRow(samples: Samples): Row {
  const [offered, capacity] = [only(samples.offeredPerSecond), only(samples.capacityPerSecond)];
  if (capacity === 0)
    return {
      label: "capacity",
      value: "not known yet",
      tone: "plain",
      note: "the service has not been full yet",
    };
  if (capacity === null || offered === null) return { label: "capacity", value: NO_DATA };
  const share = offered / capacity;
  return {
    label: "capacity",
    value: `${number(share * 100)} %`,
    tone: fullTone(share, production.capacity.nearShare),
    note: `is asked for, of ${rate(capacity)} signups each second`,
  };
}

/** From here on the tile of the signups at work is orange. There is no alert for it: the limit adapts. */
const WORKING_SHARE = 0.8;

function atWorkRow(samples: Samples): Row {
  const { part } = writers(samples);
  const working = shareOf(samples, "working", "limit");
  const busy = shareOf(samples, "connectionsBusy", "connectionsLimit");
  const tones = [
    fullTone(working ?? 0, WORKING_SHARE),
    fullTone(busy ?? 0, production.capacity.busyConnectionsShare),
  ];
  return {
    label: "at work",
    value:
      only(samples.working) === null ? NO_DATA : `${part("working", number)} of ${part("limit", number)}`,
    tone: (["bad", "look"] as const).find((tone) => tones.includes(tone)) ?? "bold",
    note: `${part("queued", number)} queued, ${part("connectionsBusy", number)} of ${part("connectionsLimit", number)} connections busy`,
  };
}

function shareOf(samples: Samples, some: Question, all: Question): number | null {
  const [part, whole] = [only(samples[some]), only(samples[all])];
  return part === null || whole === null ? null : part / whole;
}

function fullTone(share: number, lookShare: number): Tone {
  if (share >= 1) return "bad";
  return share >= lookShare ? "look" : "bold";
}

function workersRow(samples: Samples): Row {
  const [serving, wanted] = [only(samples.workers), only(samples.workersWanted)];
  const isShort = serving !== null && wanted !== null && serving < wanted;
  const isDeploying = only(samples.deploying) === 1;
  return {
    label: "workers",
    value: serving === null ? NO_DATA : `${number(serving)} of ${wanted === null ? UNKNOWN : number(wanted)}`,
    tone: isShort && !isDeploying ? "bad" : "bold",
    note: isDeploying ? "a rolling restart is under way" : isShort ? "missing, and nobody is deploying" : "",
  };
}

interface Counts {
  readonly value: string;
  readonly tone: Tone;
}

/** A service that has started anew counts from 0 and still knows of the last one. */
function anomalyNote({ anomalies, lastAnomalyAgeSeconds }: Samples): string {
  const lastAge = only(lastAnomalyAgeSeconds);
  const isNever = lastAge !== null && lastAge > NEVER_SECONDS_MIN;
  if (anomalies.length === 0 && lastAge === null) return "withheld by the guard";
  const isNone = anomalies.every(({ value }) => value === 0);
  if (isNever && isNone) return "withheld by the guard, none so far";
  return `withheld by the guard, the last ${lastAge === null || isNever ? UNKNOWN : age(lastAge)} ago`;
}

/** Nothing found by one who has not looked for long is not good. */
function auditorCounts({ findings, lookAgeSeconds }: Samples): Counts {
  const isStale = (only(lookAgeSeconds) ?? 0) > production.watching.auditorStaleSeconds;
  return doubted(counts(findings, ["kind"]), isStale);
}

function probeCounts({ probeViolations, probeAgeSeconds }: Samples): Counts {
  const isSeeing = (target: string | undefined) =>
    probeAgeSeconds.some(
      ({ labels, value }) => labels["target"] === target && value <= production.watching.probeSilentSeconds,
    );
  const isSilent = probeViolations.some(({ labels }) => !isSeeing(labels["target"]));
  return doubted(counts(probeViolations, ["target", "check"]), isSilent);
}

function doubted(found: Counts, isDoubtful: boolean): Counts {
  return isDoubtful && found.tone === "good" ? { ...found, tone: "look" } : found;
}

function auditorNote(lookAge: number | null): string {
  if (lookAge === null) return "";
  if (lookAge > NEVER_SECONDS_MIN) return "has not looked at the database yet";
  const isStale = lookAge > production.watching.auditorStaleSeconds;
  return isStale
    ? `has not looked at the database for ${age(lookAge)}`
    : `looked at the database ${age(lookAge)} ago`;
}

function probeNote({ probeViolations, probeAgeSeconds }: Samples): string {
  if (probeViolations.length === 0) return "seen by the probe's visitors";
  const seeing = new Set(probeAgeSeconds.map(({ labels }) => labels["target"]));
  if (probeViolations.some(({ labels }) => !seeing.has(labels["target"])))
    return "has not seen its own data yet";
  return `saw its own data ${age(Math.max(...probeAgeSeconds.map(({ value }) => value)))} ago`;
}

/** `3 wrong-person · 1 malformed`; a plain 0 only where there is something that counts. */
function counts(samples: readonly Sample[], labels: readonly string[]): Counts {
  if (samples.length === 0) return { value: NO_DATA, tone: "dim" };
  const some = samples.filter(({ value }) => value > 0);
  if (some.length === 0) return { value: "0", tone: "good" };
  const words = some.map(
    (sample) =>
      `${number(sample.value)} ${labels.map((label) => harmless(sample.labels[label] ?? "")).join(" ")}`,
  );
  return { value: words.join(" · "), tone: "bad" };
}
