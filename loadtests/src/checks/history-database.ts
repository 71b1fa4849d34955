import { createHmac } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { CONTROLS } from "../events/event.ts";
import { createCanaryCodec } from "../people/canary.ts";
import { CANARY_FIELDS } from "../people/field.ts";
import { BEHAVIOURS, type Plan } from "../plan/plan.ts";
import { readPlan } from "../plan/plan-file.ts";
import { UsageError } from "../usage-error.ts";
import { allColumns, EVENT_COLUMNS, EVENT_TYPES, requiredColumns } from "./event-columns.ts";

export type SqlValue = string | number | boolean | null;

/**
 * The history of one run in SQL. Columns have the names of the event types (`sentMicroseconds`; DuckDB ignores
 * their case); lists are lists, `foreign` a list of structs.
 *
 * Views, without control events and without lines that are not events of this run:
 * `requests`, `arrivals`, `dones`, `observations`, `ends`; `exposed`: one row per foreign canary in an answer or a mail;
 * `wholeRows`: one row (`rows`, `atMicroseconds`) where the rows of the target were read to their end and are all on
 * record, else none: only then is it the target's doing that a row is not there.
 * `alerts` is a view too: one row for each alert that fired.
 * Tables: `planned(visitor, dueMicroseconds, behaviour, groupFirst, burst)`, `steps`, `stepFields`, `settings` (one
 * row), `expectedAlerts(alert, isDemanded)`: what must fire and what may fire along with it; `events` (every line).
 */
export interface HistoryDatabase {
  readonly plan: Plan;
  /** Why the file could not be loaded at all; the views are empty then. */
  readonly loadError: string | null;
  /** Rows as plain values; BIGINT comes as a number (all of ours are below 2⁵³). */
  rows<Row extends Record<string, unknown> = Record<string, SqlValue>>(sql: string): Promise<Row[]>;
  /** `values` fill `$1`, `$2`, …: whatever characters stand in them. */
  run(sql: string, values?: readonly string[]): Promise<void>;
  /** Rows by and by, for what SQL cannot decide; at most some thousand at a time. */
  stream(sql: string): AsyncIterable<Record<string, unknown>[]>;
  /** Makes the views mean the events of one control alone, or the campaign again. */
  look(at: Room): Promise<void>;
  close(): Promise<void>;
}

/** A schema of the database: the ordinary events, or those of one control. */
type Room = "campaign" | (typeof CONTROLS)[number];

/**
 * 10 M events are judged within 1.5 GiB: this for DuckDB's buffers, the rest for Node, the library itself and what
 * DuckDB does not count. What does not fit goes to the folder of the database file.
 */
const MEMORY_LIMIT = "500MB";
/** A line of ours has about 1 KB; DuckDB keeps buffers of twice this per thread. */
const LINE_BYTES_MAX = 4 * 2 ** 20;

/** Loads plan.json and events.ndjson of a run folder; `close` removes what it put on disk. */
export async function openHistory(dir: string): Promise<HistoryDatabase> {
  const plan = await readPlan(dir);
  const file = join(dir, "events.ndjson");
  const isLastLineWhole = await endsWithNewline(file);
  const scratch = await makeScratch(dir);
  const instance = await DuckDBInstance.create(join(scratch, "history.duckdb"), {
    memory_limit: MEMORY_LIMIT,
    temp_directory: join(scratch, "spill"),
    preserve_insertion_order: "false",
  }).catch(async (error: unknown) => {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  });
  const connection = await instance.connect();
  const close = async () => {
    connection.closeSync();
    instance.closeSync();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    await inOneTransaction(connection, async () => {
      await loadPlan(connection, plan, { file: join(dir, "plan.json"), isLastLineWhole });
    });
    const loadError = await loadEvents(connection, plan, file);
    await inOneTransaction(connection, async () => await makeRooms(connection));
    await connection.run("set search_path = 'campaign,main'");
    return { ...createQueries(connection), plan, loadError, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Some sixty small statements, each of which would wait for the disk by itself. */
async function inOneTransaction(connection: DuckDBConnection, work: () => Promise<void>): Promise<void> {
  await connection.run("begin transaction");
  await work();
  await connection.run("commit");
}

function createQueries(
  connection: DuckDBConnection,
): Pick<HistoryDatabase, "rows" | "run" | "stream" | "look"> {
  return {
    async rows<Row extends Record<string, unknown>>(sql: string) {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJS().map((row) => plain(row) as Row);
    },
    async run(sql, values = []) {
      if (values.length === 0) await connection.run(sql);
      else await connection.run(sql, [...values]);
    },
    async *stream(sql) {
      const result = await connection.stream(sql);
      for await (const rows of result.yieldRowObjectJs()) yield rows.map((row) => plain(row) as typeof row);
    },
    async look(at) {
      await connection.run(`set search_path = '${schemaOf(at)},main'`);
    },
  };
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

async function endsWithNewline(file: string): Promise<boolean> {
  const handle = await open(file, "r").catch((cause: unknown) => {
    throw new UsageError(
      `${file} cannot be read: there is no history to judge; give the folder that gate wrote`,
      {
        cause,
      },
    );
  });
  try {
    const { size } = await handle.stat();
    if (size === 0) return true;
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, size - 1);
    return last[0] === 10;
  } finally {
    await handle.close();
  }
}

/**
 * In the run folder, which is on a disk; a temporary folder is often memory, and is for a folder that is read-only or
 * has a question mark in its name (DuckDB reads what follows as parameters).
 */
async function makeScratch(dir: string): Promise<string> {
  try {
    if (resolve(dir).includes("?")) return await mkdtemp(join(tmpdir(), "crowdproof-judging-"));
    return await mkdtemp(join(dir, ".judging-"));
  } catch (error) {
    if (error instanceof Error && "code" in error)
      return await mkdtemp(join(tmpdir(), "crowdproof-judging-"));
    throw error;
  }
}

async function loadPlan(
  connection: DuckDBConnection,
  plan: Plan,
  { file, isLastLineWhole }: { file: string; isLastLineWhole: boolean },
): Promise<void> {
  const { target, limits } = plan;
  // A log whose name has an empty default (`${env:LOG:-}`) may be absent.
  await connection.run(`create table settings as select
    ${text(plan.runId)} as runId,
    ${runTagOf(plan.runId)}::uinteger as runTag,
    ${isLastLineWhole} as isLastLineWhole,
    ${text(plan.claim)} as claim,
    ${micro(plan.warmUpSeconds)} as warmUpMicroseconds,
    ${micro(plan.durationSeconds + plan.drainSeconds)} as drainEndMicroseconds,
    ${micro(target.readBack.visibleWithinSeconds)} as visibleWithinMicroseconds,
    ${target.readBack.http} as isReadBackHttp,
    ${target.readBack.sql !== undefined} as isReadBackSql,
    ${target.idempotencyHeader !== undefined} as hasKeys,
    ${target.telemetry.exclusive} as isExclusive,
    ${target.telemetry.logFiles.some((file) => !file.includes(":-"))} as hasLogs,
    ${target.telemetry.metricsUrl !== undefined} as hasMetrics,
    ${hasMailSink(plan)} as hasMails,
    ${plan.overlapTargetRatio}::double as overlapTargetRatio,
    ${micro(limits.startErrorSecondsP99Max)} as startErrorMicrosecondsP99Max,
    ${limits.limiterShareMax}::double as limiterShareMax`);
  await connection.run(`create table planned as
    select unnest(range(len(arrivals.dueMicroseconds)))::uinteger as visitor,
      unnest(arrivals.dueMicroseconds) as dueMicroseconds,
      ${list(BEHAVIOURS)}[unnest(arrivals.behaviour) + 1] as behaviour,
      unnest(arrivals."group") as groupFirst,
      unnest(arrivals.burst) as burst
    from read_json(${path(file)}, format = 'unstructured', maximum_object_size = ${JSON.stringify(plan).length * 4 + 65_536},
      columns = {arrivals: 'STRUCT(dueMicroseconds BIGINT[], behaviour UINTEGER[], "group" UINTEGER[], burst UINTEGER[])'})`);
  await connection.run("create table expectedAlerts (alert varchar, isDemanded boolean)");
  const { expected = [], alongside = [] } = plan.alerts ?? {};
  for (const [names, isDemanded] of [
    [expected, true],
    [alongside, false],
  ] as const) {
    for (const name of names)
      await connection.run(`insert into expectedAlerts values (${text(name)}, ${isDemanded})`);
  }
  await loadTarget(connection, plan);
}

async function loadTarget(connection: DuckDBConnection, { target }: Plan): Promise<void> {
  await connection.run(
    "create table steps (step varchar, role varchar, position uinteger, hasMemberId boolean, hasSession boolean, isMail boolean)",
  );
  await connection.run("create table stepFields (step varchar, field varchar, isCanary boolean)");
  await connection.run("create table counters (class varchar)");
  for (const [position, step] of target.steps.entries()) {
    await connection.run(`insert into steps values
      (${text(step.name)}, ${text(step.role)}, ${position}, ${step.memberId !== undefined}, ${step.session !== undefined}, ${step.isMail === true})`);
    for (const field of Object.keys(step.fields)) {
      const isCanary = CANARY_FIELDS.some((name) => name === field);
      await connection.run(`insert into stepFields values (${text(step.name)}, ${text(field)}, ${isCanary})`);
    }
  }
  for (const name of Object.keys(target.telemetry.counters)) {
    await connection.run(`insert into counters values (${text(name)})`);
  }
}

/**
 * One pass over the file into one wide table: parsing costs more than all checks together, and the columns that a
 * type does not have compress to nothing. Returns the error where DuckDB cannot read the file at all.
 */
async function loadEvents(connection: DuckDBConnection, plan: Plan, file: string): Promise<string | null> {
  const columns = Object.entries(allColumns());
  const names = columns.map(([name]) => quoted(name)).join(", ");
  const isWhole = EVENT_TYPES.map(
    (type) =>
      `when '${type}' then ${requiredColumns(type)
        .map((name) => `${quoted(name)} is not null`)
        .join(" and ")}`,
  ).join("\n      ");
  try {
    await connection.run(`create table events as
    select ${names},
      case
        when type is null or run is null then 'broken'
        when run <> ${text(plan.runId)} then 'of another run'
        when type not in (${EVENT_TYPES.map(text).join(", ")}) then 'of an unknown type'
        when not case type ${isWhole} end then 'broken'
        when control is not null and control not in (${CONTROLS.map(text).join(", ")}) then 'of an unknown control'
      end as lineFault
    from read_json(${path(file)}, format = 'newline_delimited', ignore_errors = true,
      maximum_object_size = ${LINE_BYTES_MAX},
      columns = {${columns.map(([name, type]) => `${quoted(name)}: ${text(type)}`).join(", ")}})`);
    return null;
  } catch (error) {
    await connection.run(`create table events
      (${columns.map(([name, type]) => `${quoted(name)} ${type}`).join(", ")}, lineFault varchar)`);
    return error instanceof Error ? error.message : String(error);
  }
}

/** A schema for the campaign and one for each control, with views of the same names: the same SQL judges them all. */
async function makeRooms(connection: DuckDBConnection): Promise<void> {
  for (const room of ["campaign", ...CONTROLS] as const) {
    const schema = schemaOf(room);
    const isIn = room === "campaign" ? "control is null" : `control = '${room}'`;
    await connection.run(`create schema ${schema}`);
    for (const type of EVENT_TYPES) {
      const names = Object.keys(EVENT_COLUMNS[type]).map(quoted).join(", ");
      const isThere = type === "observation" ? isObservedIn(room) : isIn;
      await connection.run(`create view ${schema}.${type}s as
        select ${names} from main.events where type = '${type}' and lineFault is null and ${isThere}`);
    }
    await connection.run(exposedView(schema));
    await connection.run(wholeRowsView(schema));
  }
}

/** Rows of the database are nobody's control; who was lost on purpose must be missing among the real ones. */
function isObservedIn(room: Room): string {
  return room === "campaign" || room === "lost-acknowledgement" ? "control is null" : "false";
}

/**
 * Two people with one e-mail address have its canary in common: it is the group's first's, and both sent it. A mail is an
 * answer that comes another way; it has no request.
 */
function exposedView(schema: string): string {
  return `create view ${schema}.exposed as
    select r.visitor, r.request, r.step, r.phase, r.purpose, r.session, r.endedMicroseconds as atMicroseconds,
      canary.visitor as victim,
      case when canary.runTag = (select runTag from main.settings) then null else canary.runTag end as victimRunTag,
      canary.field as field, canary.place as place
    from (
      select visitor, request, step, phase, purpose, session, endedMicroseconds, unnest("foreign") as canary
      from ${schema}.requests where len("foreign") > 0
      union all by name
      select visitor, 'mail' as step, 'campaign' as phase, 'mail' as purpose, 'own' as session,
        atMicroseconds as endedMicroseconds, unnest("foreign") as canary
      from ${schema}.observations where kind = 'mail' and len("foreign") > 0
    ) r
    left join main.planned p on p.visitor = r.visitor
    where not (p.behaviour is not distinct from 'pair' and canary.field = 'email'
      and canary.visitor = p.groupFirst and canary.runTag = (select runTag from main.settings))`;
}

function wholeRowsView(schema: string): string {
  return `create view ${schema}.wholeRows as
    select count(*) filter (where kind = 'row') as rows, max(atMicroseconds) as atMicroseconds
    from ${schema}.observations where kind in ('row', 'rows-end')
    having count(*) filter (where kind = 'rows-end') = 1 and max(value) filter (where kind = 'rows-end') = rows`;
}

/** A folder whose name has an empty default (`${env:DIR:-}`) may be absent, as a log may. */
function hasMailSink({ target }: Plan): boolean {
  const { mail } = target.sinks;
  return typeof mail === "object" && !("folder" in mail && mail.folder.includes(":-"));
}

const schemaOf = (room: Room) => room.replace("-", "_");
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const quoted = (name: string) => `"${name}"`;
const list = (values: readonly string[]) => `[${values.map(text).join(", ")}]`;
const micro = (seconds: number) => `${Math.round(seconds * 1e6)}::bigint`;
/** DuckDB reads `*`, `?` and `[` in a path as a pattern. */
const path = (file: string) => text(file.replaceAll(/[*?[]/g, "[$&]"));

function runTagOf(runId: string): number {
  return createCanaryCodec({
    runId,
    hmacSha256: (key, message) => createHmac("sha256", key).update(message).digest("hex"),
    decodeBase64: (encoded) => Buffer.from(encoded, "base64").toString("utf8"),
  }).runTag;
}
