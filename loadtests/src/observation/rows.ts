import { Client } from "pg";
import { sortCanaries } from "../answer/canaries.ts";
import { compareField } from "../answer/compare-fields.ts";
import type { ForeignCanary, ObservationEvent } from "../events/event.ts";
import type { FoundCanary } from "../people/canary.ts";
import { CANARY_FIELDS, COMPARED_FIELDS, type FieldName, type Person } from "../people/field.ts";
import { createPerson } from "../people/person.ts";
import { VISITORS_MAX } from "../plan/plan.ts";
import type { SqlStatement } from "../target/target.ts";
import { fillSecrets } from "../target/template.ts";
import { type ObserveContext, reasonOf } from "./observe-context.ts";

type Row = Readonly<Record<string, unknown>>;

/**
 * One event for each row with this run's people in it; where the target is ours alone, for a row of nobody as well. The
 * last says that there are no more: without it a member without a row may be one whose row was not reached.
 */
export async function* rowEvents(
  { connection, statement }: SqlStatement,
  context: ObserveContext,
): AsyncGenerator<ObservationEvent> {
  try {
    let rows = 0;
    for await (const row of readRows(fillSecrets(connection, context.secrets), statement)) {
      const event = readRow(row, context);
      if (!event) continue;
      rows++;
      yield event;
    }
    yield { ...context.blank, kind: "rows-end", value: rows };
  } catch (error) {
    context.say(`The rows could not be read back: ${reasonOf(error)}.`);
  }
}

const CONNECT_SECONDS_MAX = 10;
const STATEMENT_SECONDS_MAX = 120;
/** A row of the reference service is some 600 bytes. */
const FETCH_ROWS = 2_000;

/** A cursor, so that a large table is never in memory; read-only, because the statement is somebody's. */
async function* readRows(connectionString: string, statement: string): AsyncGenerator<Row> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_SECONDS_MAX * 1_000,
    statement_timeout: STATEMENT_SECONDS_MAX * 1_000,
    application_name: "crowdproof read-back",
  });
  // An error between two queries (the database goes away) is an event, and the next query says it again.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("begin transaction isolation level repeatable read read only");
    await client.query(`declare members no scroll cursor for ${statement.trim().replace(/;$/, "")}`);
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${FETCH_ROWS} from members`);
      if (rows.length === 0) break;
      if (!("member_id" in rows[0]!)) throw new Error("the statement gives no column member_id");
      yield* rows;
    }
  } finally {
    await client.end().catch(() => {});
  }
}

/** Null for a row that is none of this run's business. */
function readRow(row: Row, context: ObserveContext): ObservationEvent | null {
  const { plan, codec, blank } = context;
  const columns = Object.entries(row).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [{ name, text: textOf(value) }],
  );
  const found = columns.flatMap(({ name, text }) =>
    codec.find(text).map((canary) => ({ ...canary, place: `column:${name}` })),
  );
  const isOfThisRun = found.some(({ runTag }) => runTag === codec.runTag);
  const isOfNobody = found.length === 0 && plan.target.telemetry.exclusive;
  if (!isOfThisRun && !isOfNobody) return null;

  const person = personOf(found, context);
  const event: ObservationEvent = {
    ...blank,
    kind: "row",
    visitor: person?.emailVisitor ?? null,
    memberId: row["member_id"] === null || row["member_id"] === undefined ? null : textOf(row["member_id"]),
    foreign: found,
  };
  return person ? { ...event, ...comparison(row, found, person, context) } : event;
}

/** Whose row it is: that of its e-mail canary; among a pair, who share one, that of the other canaries. */
function personOf(found: readonly FoundCanary[], { plan, codec }: ObserveContext): Person | null {
  const ours = found.filter(({ runTag, visitor }) => runTag === codec.runTag && visitor < VISITORS_MAX);
  const owner = ours.find(({ field }) => field === "email")?.visitor;
  if (owner === undefined) return null;
  for (const visitor of new Set(
    ours.filter(({ field }) => field !== "email").map((canary) => canary.visitor),
  )) {
    const person = createPerson({ plan, visitor, codec });
    if (person.emailVisitor === owner) return person;
  }
  return createPerson({ plan, visitor: owner, codec });
}

function comparison(
  row: Row,
  found: readonly ForeignCanary[],
  person: Person,
  { codec }: ObserveContext,
): Pick<ObservationEvent, "own" | "foreign" | "matched" | "mismatched"> {
  const matched: FieldName[] = [];
  const mismatched: FieldName[] = [];
  for (const field of [...CANARY_FIELDS, ...COMPARED_FIELDS]) {
    const value = row[columnOf(field)];
    if (value === null || value === undefined) continue;
    const verdict = compareField({ field, found: textOf(value), person, codec });
    if (verdict === "matched") matched.push(field);
    if (verdict === "mismatched") mismatched.push(field);
  }
  return { ...sortCanaries(found, person, codec), matched, mismatched };
}

/** `latinName` → `latin_name`. */
function columnOf(field: FieldName): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A `date` column comes as midnight of this machine's own time zone. */
function textOf(value: unknown): string {
  if (value instanceof Date) {
    const day = [value.getFullYear(), value.getMonth() + 1, value.getDate()].map((part) =>
      String(part).padStart(2, "0"),
    );
    const isMidnight = value.getHours() + value.getMinutes() + value.getSeconds() === 0;
    return isMidnight ? day.join("-") : value.toISOString();
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
