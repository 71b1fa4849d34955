import type { FiringAlert, Sight } from "./ask-prometheus.ts";
import { campaignRows, identityRows, loadTestRows, NO_DATA, type Row } from "./rows.ts";
import { only, phaseOf, type Samples } from "./samples.ts";
import type { Paint, Tone } from "./tone.ts";
import { age, clockTime, cut, harmless, number, wrap } from "./words.ts";

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

/** The first rows of the dashboards as lines of text. What Prometheus does not know is said to be no data, never 0. */
export function picture(sight: Sight, screen: Screen): string[] {
  const width = Math.max(COLUMNS_MIN, Math.min(screen.columns, COLUMNS_MAX)) - 2;
  const { samples } = sight;
  const rows = [...campaignRows(samples), null, ...identityRows(samples), ...loadTestRows(samples)];
  const lines = [
    ...stateLines(sight, width, screen.paint),
    "",
    ...rows.flatMap((row) => (row === null ? "" : rowLines(row, width, screen.paint))),
    "",
  ];
  return [...lines, ...alertLines(sight, width, screen.rows - lines.length, screen.paint)].map((line) =>
    line === "" ? "" : ` ${line}`,
  );
}

function rowLines(row: Row, width: number, paint: Paint): string[] {
  const { label, value, tone = "bold", note = "", isNoteKept = false } = row;
  const room = width - LABEL_COLUMNS;
  const shown = cut(value, room);
  const noteRoom = room - Math.max(VALUE_COLUMNS, shown.length + 2);
  const head = `${paint("dim", label.padEnd(LABEL_COLUMNS))}${paint(value === NO_DATA ? "dim" : tone, shown)}`;
  if (isNoteKept && note.length > noteRoom)
    return [head, ...wrap(note, room).map((line) => " ".repeat(LABEL_COLUMNS) + line)];
  const notes = cut(note, Math.max(0, noteRoom));
  return [notes === "" ? head : `${head}${" ".repeat(Math.max(2, VALUE_COLUMNS - shown.length))}${notes}`];
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
