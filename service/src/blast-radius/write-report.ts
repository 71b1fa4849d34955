import type { BlastRadius, Times } from "./report.ts";
import { type Language, WORDS, type Words } from "./words.ts";

/** The report as Markdown, in one language. No values of anybody are in it: there are none in what it is made of. */
export function writeReport(radius: BlastRadius, language: Language): string {
  const words = WORDS[language];
  const { range, readAt, outcome, isLowerBound } = radius;
  const parts = [
    `# ${words.title}`,
    words.range(range.from, range.to, readAt),
    `**${words.outcome[outcome]}**${outcome === "exposures" && isLowerBound ? ` ${words.lowerBound}` : ""}`,
    ...exposedPart(radius, words),
    `## ${words.blockedHeading}`,
    blockedPart(radius, words),
    `## ${words.ledgerHeading}`,
    ...ledgerPart(radius, words),
    ...listPart(radius, words),
    `## ${words.lawHeading}`,
    words.law.map((line) => `- ${line}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function exposedPart({ exposed, byKind, sharedNumbers, isLowerBound }: BlastRadius, words: Words): string[] {
  const { columns, questions } = words;
  const count = (value: number) => (isLowerBound ? words.atLeast(whole(value)) : whole(value));
  const rows = [
    [questions.people, count(exposed.people)],
    [questions.viewers, count(exposed.viewers)],
    [questions.records, count(exposed.records)],
    [questions.answers, count(exposed.answers)],
    [questions.first, exposed.firstAt ?? words.never],
    [questions.last, exposed.lastAt ?? words.never],
  ];
  if (exposed.answersWithoutReader > 0)
    rows.push([questions.withoutReader, whole(exposed.answersWithoutReader)]);
  if (exposed.answersWithoutOwner > 0)
    rows.push([questions.withoutOwner, whole(exposed.answersWithoutOwner)]);
  const parts = [`## ${words.numbersHeading}`, table([columns.question, columns.answer], rows)];
  if (exposed.fields.length > 0) {
    const fields = exposed.fields.map(({ field, people }) => [words.field[field], count(people)]);
    parts.push(`## ${words.fieldsHeading}`, table([columns.field, columns.people], fields));
  }
  if (byKind.length > 0) {
    const heads = [columns.kind, columns.people, columns.viewers, columns.records, columns.answers];
    const kinds = byKind.map((kind) => [
      words.kinds[kind.kind] ?? kind.kind,
      ...[kind.people, kind.viewers, kind.records, kind.answers].map(whole),
      ...timesOf(kind, words),
    ]);
    parts.push(`## ${words.kindsHeading}`, table([...heads, columns.first, columns.last], kinds));
  }
  if (sharedNumbers.numbers > 0) {
    const [first = "", last = ""] = timesOf(sharedNumbers, words);
    parts.push(words.shared(sharedNumbers.numbers, sharedNumbers.people, first, last));
  }
  return parts;
}

function blockedPart({ blocked }: BlastRadius, words: Words): string {
  if (blocked.length === 0) return words.noneBlocked;
  const { columns } = words;
  const rows = blocked.map((row) => [
    words.kinds[row.kind] ?? row.kind,
    whole(row.answers),
    ...timesOf(row, words),
  ]);
  return `${words.blocked}\n\n${table([columns.kind, columns.answers, columns.first, columns.last], rows)}`;
}

function ledgerPart({ ledger }: BlastRadius, words: Words): string[] {
  if (ledger.isComplete) return [words.complete(whole(ledger.answers))];
  const { columns } = words;
  const rows = ledger.gaps.map((gap) => [
    words.causes[gap.cause],
    gap.worker ?? words.never,
    gap.from,
    gap.isOpen ? `${gap.until} ${words.stillOpen}` : gap.until,
    gap.lost === null ? words.nobodyKnown : whole(gap.lost),
  ]);
  const heads = [columns.cause, columns.worker, columns.from, columns.until, columns.lost];
  return [words.incomplete(whole(ledger.answers)), table(heads, rows)];
}

function listPart({ list }: BlastRadius, words: Words): string[] {
  if (list === null) return [];
  const { columns } = words;
  const rows = list.map((seen) => [
    seen.viewer ?? words.nobodyKnown,
    seen.victim ?? words.nobodyKnown,
    seen.kinds.map((kind) => words.kinds[kind] ?? kind).join(", "),
    seen.fields.map((field) => words.field[field]).join(", "),
    whole(seen.answers),
    ...timesOf(seen, words),
  ]);
  const heads = [columns.viewer, columns.victim, columns.kind, columns.fields, columns.answers];
  return [`## ${words.listHeading}`, table([...heads, columns.first, columns.last], rows)];
}

function timesOf({ firstAt, lastAt }: Times, words: Words): string[] {
  return [firstAt ?? words.never, lastAt ?? words.never];
}

const whole = (value: number) => value.toLocaleString("en");

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inCell).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** A worker's name is its host's: whoever named that must not be able to write a table. */
const inCell = (text: string) => text.replace(/[|\r\n]/g, " ");
