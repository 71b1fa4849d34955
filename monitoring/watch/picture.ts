import { production } from "../rules/parameters.ts";
import type { FiringAlert, Sample, Sight } from "./ask-prometheus.ts";
import type { Question } from "./questions.ts";
import { age, clockTime, cut, harmless, number, rate, seconds, wrap } from "./words.ts";

/** How a piece of text is meant; whether it is coloured is the terminal's business. Words carry the meaning, too. */
export type Tone = "plain" | "dim" | "bold" | "good" | "bad" | "look" | "goodFlag" | "badFlag" | "lookFlag";
export type Paint = (tone: Tone, text: string) => string;

export interface Screen {
  readonly columns: number;
  /** As many lines as there is room for; alerts that do not fit are counted. */
  readonly rows: number;
  readonly paint: Paint;
}

const LABEL_COLUMNS = 11;
const VALUE_COLUMNS = 15;
const COLUMNS_MIN = 40;
const COLUMNS_MAX = 150;
const NO_DATA = "no data";
/** The metric is 0, a moment of 1970, until the first look: ten years are nobody's age. */
const NEVER_SECONDS_MIN = 10 * 365 * 86_400;

/** The first rows of the dashboards as lines of text. What Prometheus does not know is said to be no data, never 0. */
export function picture(sight: Sight, screen: Screen): string[] {
  const width = Math.max(COLUMNS_MIN, Math.min(screen.columns, COLUMNS_MAX)) - 2;
  const rows = [...campaignRows(sight), null, ...identityRows(sight)];
  const lines = [
    ...stateLines(sight, width, screen.paint),
    "",
    ...rows.map((row) => (row === null ? "" : rowLine(row, width, screen.paint))),
    "",
  ];
  return [...lines, ...alertLines(sight, width, screen.rows - lines.length, screen.paint)].map((line) =>
    line === "" ? "" : ` ${line}`,
  );
}

interface Row {
  readonly label: string;
  readonly value: string;
  readonly tone?: Tone;
  readonly note?: string;
}

function rowLine({ label, value, tone = "bold", note = "" }: Row, width: number, paint: Paint): string {
  const room = width - LABEL_COLUMNS;
  const shown = cut(value, room);
  const notes = cut(note, Math.max(0, room - Math.max(VALUE_COLUMNS, shown.length + 2)));
  const gap = notes === "" ? "" : " ".repeat(Math.max(2, VALUE_COLUMNS - shown.length));
  return `${paint("dim", label.padEnd(LABEL_COLUMNS))}${paint(value === NO_DATA ? "dim" : tone, shown)}${gap}${notes}`;
}

/** Of instances that differ the worst: one that lets people in does not make the other open. */
const PHASES = ["halted", "unreadable", "open"];

function phaseOf({ phase }: Samples): string | undefined {
  return PHASES.find((name) => phase.some(({ labels, value }) => labels["phase"] === name && value === 1));
}

function stateLines({ samples, atMs }: Sight, width: number, paint: Paint): string[] {
  const phase = phaseOf(samples);
  const flag = (tone: Tone, word: string, words: string) => [
    `${paint(tone, ` ${word} `)}  ${cut(words, width - word.length - 4)}`,
  ];
  if (phase === "open") {
    const share = only(samples.share);
    const tone = share !== null && share < 1 ? "lookFlag" : "goodFlag";
    return flag(
      tone,
      "OPEN",
      `to ${share === null ? "?" : number(share * 100)} % of newcomers, ${opened(samples, atMs)}`,
    );
  }
  if (phase === "halted")
    return flag("badFlag", "HALTED", `${haltedSince(samples, atMs)}${haltedBy(samples)}`);
  if (phase === "unreadable") return flag("badFlag", "CLOSED", "the service cannot read its own state");
  return flag("lookFlag", "NO DATA", "no service is watched, or it does not answer");
}

type Samples = Sight["samples"];

function opened(samples: Samples, atMs: number): string {
  const reopenedSeconds = only(samples.reopenedSeconds);
  if (reopenedSeconds === null || reopenedSeconds === 0) return "since its start";
  return `reopened ${since(reopenedSeconds * 1_000, atMs)}`;
}

function haltedSince(samples: Samples, atMs: number): string {
  const lastOpenSeconds = only(samples.lastOpenSeconds);
  return lastOpenSeconds === null
    ? "for as long as it was watched"
    : `since ${since(lastOpenSeconds * 1_000, atMs)}`;
}

const since = (momentMs: number, atMs: number) =>
  `${clockTime(momentMs)} (${age((atMs - momentMs) / 1_000)} ago)`;

/** In the order in which they come to know of an anomaly. */
const HALTERS = ["guard", "auditor", "alert", "operator"];

/** Whoever halted since it was open last; where that is longer ago than is kept, whoever ever did. */
function haltedBy({ haltedBySeconds, haltedBy, lastOpenSeconds }: Samples): string {
  const last = haltedBySeconds.filter(({ value }) => value >= (only(lastOpenSeconds) ?? 0));
  const ever = haltedBy.filter(({ value }) => value > 0);
  const names = (last.length > 0 ? last : ever).map(({ labels }) => harmless(labels["by"] ?? ""));
  const sorted = names.toSorted((one, other) => HALTERS.indexOf(one) - HALTERS.indexOf(other));
  return sorted.length === 0 ? "" : `, by ${sorted.join(last.length > 0 ? " and " : " or ")}`;
}

function campaignRows({ samples }: Sight): Row[] {
  const value = (question: Question, write: (value: number) => string) => {
    const found = only(samples[question]);
    return found === null ? NO_DATA : write(found);
  };
  const p99 = only(samples.p99Seconds);
  const [serving, wanted] = [only(samples.workers), only(samples.workersWanted)];
  const isShort = serving !== null && wanted !== null && serving < wanted;
  const isDeploying = only(samples.deploying) === 1;
  const isClosed = ["halted", "unreadable"].includes(phaseOf(samples) ?? "");
  return [
    {
      label: "members",
      value: value("members", number),
      note: `${value("membersPerSecond", rate)} each second, ${value("offeredPerSecond", rate)} ask`,
    },
    {
      label: "waiting",
      value: value("waitingPeople", (people) => `about ${number(people)}`),
      note: isClosed
        ? "who comes now is not let in"
        : only(samples.toldSeconds) === 0
          ? "who comes now is let in"
          : `who comes now is told ${value("toldSeconds", seconds)}`,
    },
    {
      label: "p99",
      value: p99 !== null && Number.isNaN(p99) ? "nobody" : value("p99Seconds", seconds),
      note: "signups acknowledged in the last minute",
    },
    {
      label: "queue",
      value: value("queued", number),
      note: `${value("working", number)} being worked on, ${value("limit", number)} at most`,
    },
    {
      label: "workers",
      value: serving === null ? NO_DATA : `${number(serving)} of ${wanted === null ? "?" : number(wanted)}`,
      tone: isShort && !isDeploying ? "bad" : "bold",
      note: isDeploying
        ? "a rolling restart is under way"
        : isShort
          ? "missing, and nobody is deploying"
          : "",
    },
  ];
}

function identityRows({ samples }: Sight): Row[] {
  const lookAge = only(samples.lookAgeSeconds);
  return [
    { label: "anomalies", ...counts(samples.anomalies, ["kind"]), note: "withheld by the guard" },
    { label: "auditor", ...auditorCounts(samples), note: auditorNote(lookAge) },
    { label: "probe", ...probeCounts(samples), note: probeNote(samples) },
    { label: "exposures", ...counts(samples.exposures, ["run"]), note: "seen by a load test's visitors" },
  ];
}

interface Counts {
  readonly value: string;
  readonly tone: Tone;
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

const TONES: Readonly<Record<string, Tone>> = { page: "bad", ticket: "look", campaign: "look" };
const SEVERITIES = ["page", "campaign", "ticket"];

function alertLines(sight: Sight, width: number, rows: number, paint: Paint): string[] {
  const { firing, isGuarded, samples } = sight;
  const head = (tone: Tone, words: string, more: string) =>
    `${paint("dim", "alerts".padEnd(LABEL_COLUMNS))}${paint(tone, words)}${cut(more, width - LABEL_COLUMNS - words.length)}`;
  const doubt = isGuarded
    ? []
    : [paint("look", cut("The Watchdog does not fire: the rules are not loaded, or not evaluated.", width))];
  if (firing.length === 0)
    return [head(isGuarded ? "good" : "look", "none", `; ${watched(samples)}`), ...doubt];
  const sorted = firing.toSorted((one, other) => order(one) - order(other) || one.sinceMs - other.sinceMs);
  const blocks = sorted.map((alert) => alertBlock(alert, sight.atMs, width, paint));
  const shown = fitting(blocks, rows - 1 - doubt.length);
  const rest = firing.length - shown.length;
  return [
    head("bad", `${firing.length} firing`, `${rest === 0 ? "" : `, ${rest} left out`}; ${watched(samples)}`),
    ...doubt,
    ...shown.flat(),
  ];
}

function watched({ targets, targetsUp }: Samples): string {
  const [all, up] = [only(targets), only(targetsUp)];
  return all === null || up === null
    ? "no target is watched"
    : `${number(up)} of ${number(all)} targets answer`;
}

const order = ({ labels }: FiringAlert) => {
  const at = SEVERITIES.indexOf(labels["severity"] ?? "");
  return at < 0 ? SEVERITIES.length : at;
};

/** From the first on, as many as there is room for; one at least. */
function fitting(blocks: readonly string[][], rows: number): string[][] {
  let used = 0;
  return blocks.filter((block, at) => {
    used += block.length;
    return used <= rows || at === 0;
  });
}

/** What, since when; what that means; and, on a line of its own so that it can be copied, what to do. */
function alertBlock(
  { name, labels, annotations, sinceMs }: FiringAlert,
  atMs: number,
  width: number,
  paint: Paint,
) {
  const severity = labels["severity"] ?? "";
  const details = ["kind", "check", "target", "job", "instance"]
    .flatMap((label) => labels[label] ?? [])
    .map(harmless)
    .join(" ");
  const title = [name, details].filter((part) => part !== "").join(" ");
  const word = severity.padEnd(LABEL_COLUMNS - 2);
  const when = since(sinceMs, atMs);
  const room = width - LABEL_COLUMNS;
  return [
    `  ${paint(TONES[severity] ?? "plain", word)}${paint("bold", cut(harmless(title), room - when.length - 2))}  ${when}`,
    ...wrap(harmless(annotations["summary"] ?? ""), room).map((line) => " ".repeat(LABEL_COLUMNS) + line),
    ...[annotations["runbook_url"] ?? []]
      .flat()
      .map((url) => " ".repeat(LABEL_COLUMNS) + paint("dim", harmless(url))),
  ];
}

function only(samples: readonly Sample[]): number | null {
  return samples[0]?.value ?? null;
}
