import { FIELDS } from "../guard/fields.ts";
import { type Exposure, fieldsOf, type PersonKey } from "./person.ts";
import type { Findings, Range } from "./read-blast-radius.ts";
import type { BlastRadius, Counts, Exposed, Gap, Seen, Times } from "./report.ts";

export interface SumUpOptions {
  readonly range: Range;
  readonly readAt: Date;
  readonly hasList: boolean;
}

/** The findings as numbers. Pure. */
export function sumUp(findings: Findings, { range, readAt, hasList }: SumUpOptions): BlastRadius {
  const { exposures, sharedNumbers, blocked, answers, numbers } = findings;
  const gaps: Gap[] = findings.gaps.map(({ fromMs, untilMs, ...gap }) => ({
    ...gap,
    from: iso(fromMs),
    until: iso(untilMs),
  }));
  const isComplete = gaps.length === 0;
  const isFound = exposures.length > 0 || sharedNumbers.length > 0;
  const whenNothing = isComplete ? "none" : "unknown";
  return {
    format: 1,
    range: { from: range.from.toISOString(), to: range.to.toISOString() },
    readAt: readAt.toISOString(),
    outcome: isFound ? "exposures" : whenNothing,
    isLowerBound: !isComplete || exposures.some(({ victim, viewer }) => victim === null || viewer === null),
    ledger: { answers, isComplete, gaps },
    exposed: exposedOf(exposures),
    byKind: [...groupBy(exposures, ({ kind }) => kind)]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([kind, rows]) => ({ kind, ...countsOf(rows) })),
    sharedNumbers: {
      numbers: sharedNumbers.length,
      people: sum(sharedNumbers.map(({ people }) => people)),
      ...timesOf(sharedNumbers),
    },
    blocked: blocked.map((row) => ({ kind: row.kind, answers: row.answers, ...timesOf([row]) })),
    list: hasList ? listOf(exposures, numbers) : null,
  };
}

function exposedOf(exposures: readonly Exposure[]): Exposed {
  const fields = FIELDS.map((field, at) => {
    const showing = exposures.filter((row) => (row.fields & (1 << at)) !== 0);
    return { field, people: namesIn(showing.map(({ victim }) => victim)) };
  });
  return {
    ...countsOf(exposures),
    fields: fields.filter(({ people }) => people > 0),
    answersWithoutReader: sum(exposures.filter((row) => row.viewer === null).map(({ answers }) => answers)),
    answersWithoutOwner: sum(exposures.filter((row) => row.victim === null).map(({ answers }) => answers)),
  };
}

function countsOf(rows: readonly Exposure[]): Counts {
  const shown = new Map<PersonKey | null, number>();
  for (const { victim, fields } of rows) shown.set(victim, (shown.get(victim) ?? 0) | fields);
  return {
    people: namesIn([...shown.keys()]),
    viewers: namesIn(rows.map(({ viewer }) => viewer)),
    records: sum([...shown.values()].map((bits) => fieldsOf(bits).length)),
    answers: sum(rows.map(({ answers }) => answers)),
    ...timesOf(rows),
  };
}

/** Viewer, victim: one row, whatever the kinds and however often. */
function listOf(exposures: readonly Exposure[], numbers: ReadonlyMap<PersonKey, string>): Seen[] {
  const nameOf = createNames(numbers);
  const pairs = groupBy(exposures, ({ viewer, victim }) => `${viewer} ${victim}`);
  return [...pairs.values()].map((rows) => ({
    viewer: nameOf(rows[0]?.viewer ?? null),
    victim: nameOf(rows[0]?.victim ?? null),
    kinds: [...new Set(rows.map(({ kind }) => kind))].sort(),
    fields: fieldsOf(rows.reduce((bits, { fields }) => bits | fields, 0)),
    answers: sum(rows.map(({ answers }) => answers)),
    ...timesOf(rows),
  }));
}

/** Several people with one number are told apart by a letter's worth of their hash; the hash of an address says nothing more. */
function createNames(numbers: ReadonlyMap<PersonKey, string>): (person: PersonKey | null) => string | null {
  const holders = new Map<string, number>();
  for (const number of numbers.values()) holders.set(number, (holders.get(number) ?? 0) + 1);
  return (person) => {
    if (person === null) return null;
    const [sort, hash = ""] = person.split(" ");
    const number = numbers.get(person);
    if (number === undefined)
      return `${sort === "token" ? "unknown session" : "not a member"} ${hash.slice(0, 8)}`;
    return (holders.get(number) ?? 0) > 1 ? `${number} (${hash.slice(0, 8)})` : number;
  };
}

const namesIn = (people: readonly (PersonKey | null)[]) =>
  new Set(people.filter((person) => person !== null)).size;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const iso = (ms: number) => new Date(ms).toISOString();

function timesOf(rows: readonly { readonly firstMs: number; readonly lastMs: number }[]): Times {
  if (rows.length === 0) return { firstAt: null, lastAt: null };
  // A loop: a leak may have more rows than a call takes arguments.
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = 0;
  for (const row of rows) {
    firstMs = Math.min(firstMs, row.firstMs);
    lastMs = Math.max(lastMs, row.lastMs);
  }
  return { firstAt: iso(firstMs), lastAt: iso(lastMs) };
}

function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
