import { z } from "zod";
import { CANARY_FIELDS, COMPARED_FIELDS } from "../people/field.ts";
import { BEHAVIOURS } from "../plan/plan.ts";
import { ANSWER_CLASSES, STEP_ROLES } from "../target/target.ts";
import { CONTROLS, ENDINGS, type Event, LOSS_REASONS, REQUEST_PURPOSES } from "./event.ts";

const count = z.int().min(0);
const microseconds = z.int().describe("Whole microseconds from the run's start, on a monotonic clock");
const canaryField = z.enum(CANARY_FIELDS);
const fieldName = z.enum([...CANARY_FIELDS, ...COMPARED_FIELDS]);

const foreignCanary = z.strictObject({
  runTag: count,
  visitor: count,
  field: canaryField,
  place: z.string(),
});

const base = {
  run: z.string(),
  control: z.enum(CONTROLS).nullable(),
};

const found = {
  own: z.array(canaryField),
  foreign: z.array(foreignCanary),
  matched: z.array(fieldName),
  mismatched: z.array(fieldName),
};

export const ARRIVAL_SCHEMA = z.strictObject({
  ...base,
  type: z.literal("arrival"),
  visitor: count,
  behaviour: z.enum(BEHAVIOURS),
  burst: count,
  dueMicroseconds: microseconds,
  startedMicroseconds: microseconds,
});

export const REQUEST_SCHEMA = z.strictObject({
  ...base,
  type: z.literal("request"),
  visitor: count,
  request: count,
  step: z.string(),
  role: z.enum(STEP_ROLES),
  phase: z.enum(["campaign", "read-back"]),
  purpose: z.enum(REQUEST_PURPOSES),
  session: z.enum(["own", "none", "forged", "other"]),
  method: z.string(),
  path: z.string(),
  intendedMicroseconds: microseconds,
  startedMicroseconds: microseconds,
  sentMicroseconds: microseconds.nullable(),
  firstByteMicroseconds: microseconds.nullable(),
  endedMicroseconds: microseconds,
  class: z.enum(ANSWER_CLASSES),
  reason: z.enum([...LOSS_REASONS, "unmarked-5xx", "unclassified"]).nullable(),
  status: z.int().nullable(),
  bodyBytes: count,
  retryAfterSeconds: z.number().nullable(),
  memberId: z.string().nullable(),
  sessionHash: z.string().nullable(),
  isCookieSet: z.boolean(),
  keyHash: z.string().nullable(),
  requestBodyHash: z.string().nullable(),
  ...found,
  cacheControl: z.string().nullable(),
  age: z.string().nullable(),
  via: z.string().nullable(),
  xCache: z.string().nullable(),
  originMilliseconds: z.number().nullable(),
});

export const DONE_SCHEMA = z.strictObject({
  ...base,
  type: z.literal("done"),
  visitor: count,
  requests: count,
  ending: z.enum(ENDINGS),
  memberSinceMicroseconds: microseconds.nullable(),
  endedMicroseconds: microseconds,
});

export const OBSERVATION_SCHEMA = z.strictObject({
  ...base,
  type: z.literal("observation"),
  kind: z.enum([
    "row",
    "rows-end",
    "mail",
    "mails-end",
    "counter",
    "bound",
    "scan",
    "clock",
    "lag",
    "watch",
    "alerts-end",
    "stop",
  ]),
  atMicroseconds: microseconds,
  visitor: count.nullable(),
  memberId: z.string().nullable(),
  ...found,
  name: z.string().nullable(),
  value: z.number().nullable(),
});

export const ALERT_SCHEMA = z.strictObject({
  ...base,
  type: z.literal("alert"),
  alert: z.string(),
  severity: z.string(),
  labels: z.string(),
  isInhibited: z.boolean(),
  pendingMicroseconds: microseconds.nullable(),
  firedMicroseconds: microseconds,
  resolvedMicroseconds: microseconds.nullable(),
  notifiedMicroseconds: microseconds.nullable(),
});

export const END_SCHEMA = z.strictObject({
  ...base,
  type: z.literal("end"),
  engine: z.enum(["k6", "embedded"]),
  engineVersion: z.string(),
  startedAt: z.string(),
  endedMicroseconds: microseconds,
  arrivals: count,
  requests: count,
  dones: count,
  observations: count,
  stopped: z.enum(["interrupted", "exposure", "target-gone", "time-limit"]).nullable(),
});

/** One line of events.ndjson, for everybody who reads or writes histories without our types. */
export const EVENT_SCHEMA = z.discriminatedUnion("type", [
  ARRIVAL_SCHEMA,
  REQUEST_SCHEMA,
  DONE_SCHEMA,
  OBSERVATION_SCHEMA,
  ALERT_SCHEMA,
  END_SCHEMA,
]);

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = T extends unknown ? { [Key in keyof T]: T[Key] } : never;

/** The types of event.ts are the truth; this line does not compile when the schema says something else. */
export const IS_SCHEMA_EQUAL_TO_TYPES: Equal<Flat<Event>, Flat<z.infer<typeof EVENT_SCHEMA>>> = true;
