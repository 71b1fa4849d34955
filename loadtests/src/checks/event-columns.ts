import type { Event } from "../events/event.ts";
import {
  ALERT_SCHEMA,
  ARRIVAL_SCHEMA,
  DONE_SCHEMA,
  END_SCHEMA,
  OBSERVATION_SCHEMA,
  REQUEST_SCHEMA,
} from "../events/event-schema.ts";

type EventType = Event["type"];
type ColumnsOf<Type extends EventType> = Record<
  Exclude<keyof Extract<Event, { type: Type }>, "run" | "type" | "control">,
  SqlType
>;
type SqlType =
  | "VARCHAR"
  | "VARCHAR[]"
  | "BIGINT"
  | "UINTEGER"
  | "DOUBLE"
  | "BOOLEAN"
  | "STRUCT(runTag UINTEGER, visitor UINTEGER, field VARCHAR, place VARCHAR)[]";

const FOUND = {
  own: "VARCHAR[]",
  foreign: "STRUCT(runTag UINTEGER, visitor UINTEGER, field VARCHAR, place VARCHAR)[]",
  matched: "VARCHAR[]",
  mismatched: "VARCHAR[]",
} as const;

/** The columns of each event type, by the names of event.ts: leaving one out does not compile. */
export const EVENT_COLUMNS: { [Type in EventType]: ColumnsOf<Type> } = {
  arrival: {
    visitor: "UINTEGER",
    behaviour: "VARCHAR",
    burst: "UINTEGER",
    dueMicroseconds: "BIGINT",
    startedMicroseconds: "BIGINT",
  },
  request: {
    visitor: "UINTEGER",
    request: "UINTEGER",
    step: "VARCHAR",
    role: "VARCHAR",
    phase: "VARCHAR",
    purpose: "VARCHAR",
    session: "VARCHAR",
    method: "VARCHAR",
    path: "VARCHAR",
    intendedMicroseconds: "BIGINT",
    startedMicroseconds: "BIGINT",
    sentMicroseconds: "BIGINT",
    firstByteMicroseconds: "BIGINT",
    endedMicroseconds: "BIGINT",
    class: "VARCHAR",
    reason: "VARCHAR",
    status: "BIGINT",
    bodyBytes: "BIGINT",
    retryAfterSeconds: "DOUBLE",
    memberId: "VARCHAR",
    sessionHash: "VARCHAR",
    isCookieSet: "BOOLEAN",
    keyHash: "VARCHAR",
    requestBodyHash: "VARCHAR",
    ...FOUND,
    cacheControl: "VARCHAR",
    age: "VARCHAR",
    via: "VARCHAR",
    xCache: "VARCHAR",
    originMilliseconds: "DOUBLE",
  },
  done: {
    visitor: "UINTEGER",
    requests: "UINTEGER",
    ending: "VARCHAR",
    memberSinceMicroseconds: "BIGINT",
    endedMicroseconds: "BIGINT",
  },
  observation: {
    kind: "VARCHAR",
    atMicroseconds: "BIGINT",
    visitor: "UINTEGER",
    memberId: "VARCHAR",
    ...FOUND,
    name: "VARCHAR",
    value: "DOUBLE",
  },
  alert: {
    alert: "VARCHAR",
    severity: "VARCHAR",
    labels: "VARCHAR",
    isInhibited: "BOOLEAN",
    pendingMicroseconds: "BIGINT",
    firedMicroseconds: "BIGINT",
    resolvedMicroseconds: "BIGINT",
    notifiedMicroseconds: "BIGINT",
  },
  end: {
    engine: "VARCHAR",
    engineVersion: "VARCHAR",
    startedAt: "VARCHAR",
    endedMicroseconds: "BIGINT",
    arrivals: "BIGINT",
    requests: "BIGINT",
    dones: "BIGINT",
    observations: "BIGINT",
    stopped: "VARCHAR",
  },
};

const SCHEMAS = {
  arrival: ARRIVAL_SCHEMA,
  request: REQUEST_SCHEMA,
  done: DONE_SCHEMA,
  observation: OBSERVATION_SCHEMA,
  alert: ALERT_SCHEMA,
  end: END_SCHEMA,
};

export const EVENT_TYPES = Object.keys(EVENT_COLUMNS) as EventType[];

/** Every column of every type, for one pass over the file; `run`, `type` and `control` first. */
export function allColumns(): Record<string, SqlType> {
  return Object.assign(
    { run: "VARCHAR", type: "VARCHAR", control: "VARCHAR" },
    ...EVENT_TYPES.map((type) => EVENT_COLUMNS[type]),
  );
}

/** The columns of a type that are never null in an event as we write it; a line without one is broken. */
export function requiredColumns(type: EventType): string[] {
  return Object.entries(SCHEMAS[type].shape)
    .filter(([name, schema]) => name !== "type" && !schema.safeParse(null).success)
    .map(([name]) => name);
}
