import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SendOptions, SentTotals } from "../src/engine/engine.ts";
import type { DoneEvent, Event, RequestEvent } from "../src/events/event.ts";
import { BEHAVIOURS, type Behaviour, type Plan, RUN_FORMAT } from "../src/plan/plan.ts";
import type { Step, Target } from "../src/target/target.ts";
import { STRANGER } from "./scripted-server.ts";

export type Send = (plan: Plan, options: SendOptions) => Promise<SentTotals>;

export interface SentRun {
  totals: SentTotals;
  events: Event[];
}

/** Sends a plan into a folder of its own and reads back what was recorded. */
export async function sendAndRead(send: Send, plan: Plan, signal?: AbortSignal): Promise<SentRun> {
  const dir = await mkdtemp(join(tmpdir(), "crowdproof-engine-"));
  try {
    const options = { dir, secrets: {}, signal: signal ?? new AbortController().signal };
    const totals = await send(plan, options);
    return { totals, events: await readEvents(dir) };
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function readEvents(dir: string): Promise<Event[]> {
  const text = await readFile(join(dir, "events.ndjson"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
}

/** A plan of a few visitors, made by hand. */
export function handmadePlan(options: {
  target: Target;
  visitors: { behaviour: Behaviour; dueSeconds: number; group?: number }[];
  durationSeconds?: number;
  drainSeconds?: number;
  readBackSeconds?: number;
}): Plan {
  const { target, visitors, durationSeconds = 1, drainSeconds = 0, readBackSeconds = 0 } = options;
  return {
    format: RUN_FORMAT,
    runId: "cp-c0nf0rmance00",
    seed: 1,
    campaign: "conformance",
    claim: "wiring",
    scale: 1,
    pieces: [
      {
        name: "all",
        shape: "constant",
        seconds: durationSeconds,
        fromPerSecond: visitors.length,
        toPerSecond: visitors.length,
      },
    ],
    bursts: [],
    arrivals: {
      dueMicroseconds: visitors.map(({ dueSeconds }) => Math.round(dueSeconds * 1e6)),
      behaviour: visitors.map(({ behaviour }) => BEHAVIOURS.indexOf(behaviour)),
      group: visitors.map(({ group }, visitor) => group ?? visitor),
      burst: visitors.map(() => 0),
    },
    durationSeconds,
    warmUpSeconds: 0,
    drainSeconds,
    readBackSeconds,
    thinkTimes: {
      betweenSteps: { kind: "constant", seconds: 0 },
      patience: { kind: "constant", seconds: 0.1 },
      beforeRetry: { kind: "constant", seconds: 0.05 },
    },
    objectives: {},
    overlapTargetRatio: 0,
    limits: {
      visitorsMax: 1_000,
      secondsMax: 60,
      startErrorSecondsP99Max: 0.05,
      limiterShareMax: 0.1,
      answerBytesMax: 262_144,
      comeBacksMax: 3,
    },
    target,
  };
}

/** A target at this address with a signup, and then these steps. */
export function handmadeTarget(url: string, steps: Step[], over: Partial<Target> = {}): Target {
  return {
    name: "scripted",
    baseUrl: url,
    hosts: ["127.0.0.1"],
    resolve: {},
    tls: { insecure: false },
    http: "1.1",
    connections: "fresh",
    headers: {},
    bypassed: [],
    emailDomain: "example.test",
    sameEmail: "exact",
    idempotencyHeader: "Idempotency-Key",
    memberId: { pattern: "M-\\d{4}" },
    steps: [SIGN_UP, ...steps],
    readBack: { visibleWithinSeconds: 0, http: true },
    telemetry: { logFiles: [], counters: {}, exclusive: false },
    sinks: {},
    notJudged: {},
    ...over,
  };
}

const FIELDS = { email: { json: "/email" }, latinName: { json: "/name" }, sex: { json: "/sex" } };

export const SIGN_UP: Step = {
  name: "sign-up",
  role: "sign-up",
  method: "POST",
  path: "/signups",
  headers: {},
  body: { json: { email: "${person.email}", name: "${person.latinName}", sex: "${person.sex}" } },
  redirects: 0,
  timeoutSeconds: 2,
  captures: {},
  means: {
    acknowledged: [{ status: [201] }],
    refused: [{ status: [503], json: { "/code": "busy" } }],
    rejected: [{ status: [409, 422] }],
  },
  memberId: { json: "/number" },
  session: { cookie: "session" },
  fields: FIELDS,
};

export function readOwnStep(path: string, over: Partial<Step> = {}): Step {
  return {
    name: path,
    role: "read-own",
    method: "GET",
    path,
    headers: {},
    redirects: 0,
    timeoutSeconds: 2,
    captures: {},
    means: { served: [{ status: [200, 204] }], absent: [{ status: [404] }], denied: [{ status: [401] }] },
    fields: FIELDS,
    ...over,
  };
}

/** What both engines must record of one step; columns that are not named are as `ORDINARY` has them. */
export interface ConformanceCase {
  name: string;
  step: Step;
  recorded: Partial<RecordedFacts>;
  /** Where k6 cannot: it has no limit for a body but its time. */
  recordedByK6?: Partial<RecordedFacts>;
}

/** A request event without its times, run and visitor. */
export type RecordedFacts = Omit<
  RequestEvent,
  | "type"
  | "run"
  | "control"
  | "visitor"
  | "request"
  | "intendedMicroseconds"
  | "startedMicroseconds"
  | "sentMicroseconds"
  | "firstByteMicroseconds"
  | "endedMicroseconds"
>;

const OWN_PROFILE: Partial<RecordedFacts> = {
  class: "served",
  status: 200,
  own: ["email", "latinName"],
  matched: ["email", "latinName", "sex"],
};
const lost = (reason: RequestEvent["reason"]): Partial<RecordedFacts> => ({
  class: "indeterminate",
  reason,
  status: null,
  bodyBytes: 0,
});

const QUICK = { timeoutSeconds: 0.3 };

export const CONFORMANCE_CASES: ConformanceCase[] = [
  {
    name: "one's own profile",
    step: readOwnStep("/me"),
    recorded: { ...OWN_PROFILE, cacheControl: "no-store, private" },
  },
  {
    name: "only the cookies of this path",
    step: readOwnStep("/cookies"),
    recorded: {},
  },
  {
    name: "303 with its own cookies",
    step: readOwnStep("/redirect/see-other", { redirects: 3 }),
    recorded: { ...OWN_PROFILE, cacheControl: "no-store, private" },
  },
  {
    name: "a relative Location",
    step: readOwnStep("/redirect/relative", { redirects: 1 }),
    recorded: { ...OWN_PROFILE, cacheControl: "no-store, private" },
  },
  {
    name: "307 with the method and the body",
    step: readOwnStep("/redirect/keeps-method", {
      method: "POST",
      redirects: 1,
      body: { form: { mail: "${person.email}" } },
    }),
    recorded: { class: "served", status: 200, own: ["email"] },
  },
  {
    name: "303 after a POST as a GET without its body",
    step: readOwnStep("/redirect/to-echo", {
      method: "POST",
      redirects: 1,
      body: { form: { mail: "${person.email}" } },
      means: { served: [{ status: [200], json: { "/method": "GET", "/body": "" } }] },
    }),
    recorded: {},
  },
  {
    name: "a cookie set by a redirect",
    step: readOwnStep("/redirect/with-cookie", { redirects: 1 }),
    recorded: { isCookieSet: true },
  },
  {
    name: "a redirect in a circle",
    step: readOwnStep("/redirect/circle", { redirects: 4 }),
    recorded: lost("too-many-redirects"),
  },
  {
    name: "a redirect to another host",
    step: readOwnStep("/redirect/elsewhere", { redirects: 4 }),
    recorded: lost("redirect-elsewhere"),
  },
  {
    name: "whom a redirect to another host names",
    step: readOwnStep("/redirect/names-elsewhere", { redirects: 4 }),
    recorded: {
      ...lost("redirect-elsewhere"),
      foreign: [STRANGER, { ...STRANGER, visitor: 1, place: "cookie:who" }],
    },
  },
  {
    name: "whom a redirect in a circle names",
    step: readOwnStep("/redirect/names-in-circle", { redirects: 4 }),
    recorded: { ...lost("too-many-redirects"), foreign: [STRANGER] },
  },
  {
    name: "whom a redirect to a lost answer names",
    step: readOwnStep("/redirect/names-to-reset", { redirects: 4 }),
    recorded: { ...lost("reset"), foreign: [STRANGER] },
  },
  {
    name: "a redirect that is the answer",
    step: readOwnStep("/redirect/not-followed"),
    recorded: { class: "failed", reason: "unclassified", status: 302 },
  },
  { name: "a body cut short", step: readOwnStep("/cut"), recorded: lost("cut") },
  { name: "a chunked body cut short", step: readOwnStep("/cut-chunked"), recorded: lost("cut") },
  { name: "a reset", step: readOwnStep("/reset"), recorded: lost("reset") },
  { name: "a connection closed without an answer", step: readOwnStep("/closed"), recorded: lost("reset") },
  { name: "no answer in time", step: readOwnStep("/slow", QUICK), recorded: lost("timeout") },
  { name: "no end of the body in time", step: readOwnStep("/slow-body", QUICK), recorded: lost("timeout") },
  { name: "an answer that takes a while", step: readOwnStep("/later"), recorded: OWN_PROFILE },
  {
    name: "repeated headers",
    step: readOwnStep("/headers/duplicate"),
    recorded: { ...OWN_PROFILE, via: "1.1 one, 1.1 two", xCache: "HIT", age: "7" },
  },
  {
    name: "a very long header",
    step: readOwnStep("/headers/long"),
    recorded: { ...OWN_PROFILE, xCache: "a".repeat(60_000) },
  },
  {
    name: "a header beyond ASCII",
    step: readOwnStep("/headers/non-ascii"),
    recorded: { ...OWN_PROFILE, via: "1.1 代理" },
  },
  { name: "gzip", step: readOwnStep("/encoded/gzip"), recorded: OWN_PROFILE },
  { name: "brotli", step: readOwnStep("/encoded/br"), recorded: OWN_PROFILE },
  { name: "deflate", step: readOwnStep("/encoded/deflate"), recorded: OWN_PROFILE },
  { name: "gzip that is none", step: readOwnStep("/encoded/broken"), recorded: lost("bad-http") },
  {
    name: "HTML",
    step: readOwnStep("/html", { fields: {}, captures: { who: { html: "#who" } } }),
    recorded: { class: "served", status: 200, own: ["email", "latinName"] },
  },
  {
    name: "500 without a marker",
    step: readOwnStep("/error"),
    recorded: { class: "indeterminate", reason: "unmarked-5xx", status: 500 },
  },
  {
    name: "a refusal with its marker",
    step: readOwnStep("/busy", { means: { refused: [{ status: [503], json: { "/code": "busy" } }] } }),
    recorded: { class: "refused", status: 503, retryAfterSeconds: 7 },
  },
  {
    name: "an endless body",
    step: readOwnStep("/endless", QUICK),
    recorded: lost("too-large"),
    recordedByK6: lost("timeout"),
  },
  { name: "a body beyond the limit", step: readOwnStep("/large"), recorded: lost("too-large") },
  { name: "no body", step: readOwnStep("/empty"), recorded: {} },
  { name: "204", step: readOwnStep("/no-content"), recorded: { status: 204 } },
  { name: "a body until the connection closes", step: readOwnStep("/until-closed"), recorded: OWN_PROFILE },
  { name: "no HTTP at all", step: readOwnStep("/not-http"), recorded: lost("bad-http") },
  { name: "404", step: readOwnStep("/nothing-here"), recorded: { class: "absent", status: 404 } },
];

const ORDINARY: Omit<RecordedFacts, "step" | "path" | "method" | "requestBodyHash" | "bodyBytes"> = {
  role: "read-own",
  phase: "campaign",
  purpose: "journey",
  session: "own",
  class: "served",
  reason: null,
  status: 200,
  retryAfterSeconds: null,
  memberId: null,
  sessionHash: null,
  isCookieSet: false,
  keyHash: null,
  own: [],
  foreign: [],
  matched: [],
  mismatched: [],
  cacheControl: null,
  age: null,
  via: null,
  xCache: null,
  originMilliseconds: null,
};

/** Bytes and body hashes differ with the person; they are compared between the engines, not with a table. */
export function expectedFacts(
  row: ConformanceCase,
  engine: SentTotals["engine"],
): Omit<RecordedFacts, "bodyBytes" | "requestBodyHash"> {
  const { bodyBytes: _bytes, ...recorded } =
    engine === "k6" ? { ...row.recorded, ...row.recordedByK6 } : row.recorded;
  return { ...ORDINARY, step: row.step.name, path: row.step.path, method: row.step.method, ...recorded };
}

export function recordedFacts(event: RequestEvent): Omit<RecordedFacts, "bodyBytes" | "requestBodyHash"> {
  const {
    type: _type,
    run: _run,
    control: _control,
    visitor: _visitor,
    request: _request,
    intendedMicroseconds: _intended,
    startedMicroseconds: _started,
    sentMicroseconds: _sent,
    firstByteMicroseconds: _firstByte,
    endedMicroseconds: _ended,
    bodyBytes: _bytes,
    requestBodyHash: _hash,
    ...facts
  } = event;
  return facts;
}

export function requestsOf({ events }: Pick<SentRun, "events">): RequestEvent[] {
  return events.filter((event) => event.type === "request" && event.control === null) as RequestEvent[];
}

export function donesOf({ events }: Pick<SentRun, "events">): DoneEvent[] {
  return events.filter((event) => event.type === "done");
}
