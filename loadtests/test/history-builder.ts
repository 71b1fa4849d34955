import { createHmac } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  ArrivalEvent,
  ControlName,
  DoneEvent,
  EndEvent,
  Event,
  ObservationEvent,
  RequestEvent,
} from "../src/events/event.ts";
import { createCanaryCodec } from "../src/people/canary.ts";
import { BEHAVIOURS, type Behaviour, type Plan, RUN_FORMAT, VISITORS_MAX } from "../src/plan/plan.ts";

/** A history as a healthy service would leave it, every behaviour in it; tests put single defects into it. */
export interface History {
  plan: Plan;
  events: Event[];
}

const RUN_ID = "cp-0123456789abc";
export const RUN_TAG = createCanaryCodec({
  runId: RUN_ID,
  hmacSha256: (key, message) => createHmac("sha256", key).update(message).digest("hex"),
  decodeBase64: () => "",
}).runTag;
const NOBODY = VISITORS_MAX - 1;
const SECOND = 1_000_000;
const BURST_VISITORS = 64;
const DRAIN_SECONDS = 2;

export interface HistoryOptions {
  /** Besides a burst of 64. */
  visitors?: number;
  /** Visitors per second; each signup is in flight for 30 ms. */
  perSecond?: number;
  behaviours?: readonly Behaviour[];
  /** Extra reads of each member: makes a history long without more visitors. */
  reReads?: number;
}

export function healthyHistory(options: HistoryOptions = {}): History {
  const plan = healthyPlan(options);
  return { plan, events: [...healthyEvents(plan, options)] };
}

/** Pairs and shared keys are two neighbours: `behaviours` repeats, so these stand in it twice running. */
const MIX: readonly Behaviour[] = [
  "plain",
  "double-tap",
  "retry",
  "pair",
  "pair",
  "shared-key",
  "shared-key",
  "re-reader",
  "no-session",
  "forged-session",
  "other-session",
  "invalid-input",
  "impatient",
  "plain",
];

export function healthyPlan({
  visitors = 140,
  perSecond = 100,
  behaviours = MIX,
}: HistoryOptions = {}): Plan {
  const due = Array.from({ length: visitors }, (_, visitor) => Math.round((visitor / perSecond) * SECOND));
  const behaviour = due.map((_, visitor) => behaviours[visitor % behaviours.length]!);
  const group = due.map((_, visitor) => {
    const isSecond = behaviour[visitor] === behaviour[visitor - 1];
    return isGrouped(behaviour[visitor]!) && isSecond ? visitor - 1 : visitor;
  });
  const durationSeconds = Math.ceil(visitors / perSecond) + 1;
  const burstMicroseconds = (durationSeconds - 1) * SECOND;
  const burstDue = Array.from({ length: BURST_VISITORS }, () => burstMicroseconds);
  return {
    format: RUN_FORMAT,
    runId: RUN_ID,
    seed: 1,
    campaign: "synthetic",
    claim: "crowd",
    scale: 1,
    pieces: [
      {
        name: "only",
        shape: "constant",
        seconds: durationSeconds,
        fromPerSecond: perSecond,
        toPerSecond: perSecond,
      },
    ],
    bursts: [{ atSeconds: durationSeconds - 1, visitors: BURST_VISITORS }],
    arrivals: {
      dueMicroseconds: [...due, ...burstDue],
      behaviour: [...behaviour.map((name) => BEHAVIOURS.indexOf(name)), ...burstDue.map(() => 0)],
      group: [...group, ...burstDue.map((_, index) => visitors + index)],
      burst: [...due.map(() => 0), ...burstDue.map(() => 1)],
    },
    durationSeconds,
    warmUpSeconds: 0,
    drainSeconds: DRAIN_SECONDS,
    readBackSeconds: 1,
    thinkTimes: {
      betweenSteps: { kind: "constant", seconds: 0.1 },
      patience: { kind: "constant", seconds: 0.1 },
      beforeRetry: { kind: "constant", seconds: 0.1 },
    },
    objectives: {
      membersWithin: { seconds: 5, shareMin: 0.8 },
      firstStepSeconds: { p50: 0.25, p99: 2 },
      laterStepSeconds: { p99: 2 },
      errorRatioMax: 0.05,
    },
    overlapTargetRatio: 0.3,
    limits: {
      visitorsMax: VISITORS_MAX,
      secondsMax: 600,
      startErrorSecondsP99Max: 0.01,
      limiterShareMax: 0.2,
      answerBytesMax: 1_000_000,
      comeBacksMax: 3,
    },
    target: healthyTarget(),
  };
}

function healthyTarget(): Plan["target"] {
  const step = { headers: {}, redirects: 0, timeoutSeconds: 5, captures: {}, means: {} };
  const fields = {
    email: { json: "/email" },
    latinName: { json: "/name" },
    birthDate: { json: "/birthDate" },
  };
  return {
    name: "synthetic",
    baseUrl: "http://127.0.0.1:3000",
    hosts: ["127.0.0.1"],
    resolve: {},
    tls: { insecure: false },
    http: "1.1",
    connections: "fresh",
    headers: { "x-gateway": "${env:GATEWAY_KEY}" },
    bypassed: [],
    emailDomain: "crowd.example",
    sameEmail: "ignore-case",
    idempotencyHeader: "Idempotency-Key",
    memberId: { pattern: "[0-9]{20}", checkCharacters: "iso7064-mod97-10" },
    steps: [
      {
        ...step,
        name: "sign-up",
        role: "sign-up",
        method: "POST",
        path: "/signups",
        body: { json: { email: "${person.email}", name: "it's ${person.latinName}" } },
        memberId: { json: "/number" },
        session: { cookie: "session" },
        fields,
      },
      {
        ...step,
        name: "me",
        role: "read-own",
        method: "GET",
        path: "/me",
        memberId: { json: "/number" },
        fields,
      },
    ],
    readBack: {
      visibleWithinSeconds: 1,
      http: true,
      sql: { connection: "${env:DB}", statement: "select 1" },
    },
    telemetry: {
      logFiles: ["service.log"],
      metricsUrl: "/metrics",
      counters: { acknowledged: 'signups_total{outcome="acknowledged"}' },
      exclusive: true,
    },
    sinks: {},
    notJudged: {},
  };
}

const isGrouped = (behaviour: Behaviour) => behaviour === "pair" || behaviour === "shared-key";

/** 18 digits and two check digits by ISO 7064 MOD 97-10. */
export function memberIdOf(visitor: number): string {
  const serial = BigInt(visitor) + 100_000_000_000_000_000n;
  return `${serial}${String(98n - ((serial * 100n) % 97n)).padStart(2, "0")}`;
}

/** As they would be written, one visitor after the other; the end event is the last. */
export function* healthyEvents(plan: Plan, { reReads = 0 }: HistoryOptions = {}): Generator<Event> {
  const totals = { arrivals: 0, requests: 0, dones: 0, observations: 0 };
  let rows = 0;
  let acknowledged = 0;
  const readBackMicroseconds = (plan.durationSeconds + plan.drainSeconds) * SECOND;
  const observedMicroseconds = readBackMicroseconds + 2 * SECOND;
  for (const visitor of plan.arrivals.dueMicroseconds.keys()) {
    for (const event of visitorEvents(plan, visitor, { reReads, readBackMicroseconds })) {
      if (event.type === "request") {
        totals.requests++;
        if (event.class === "acknowledged" && event.purpose !== "double-tap") acknowledged++;
        if (event.class === "acknowledged" && event.purpose === "double-tap") acknowledged++;
      }
      if (event.type === "arrival") totals.arrivals++;
      if (event.type === "done") totals.dones++;
      if (event.type === "observation") {
        totals.observations++;
        rows++;
      }
      yield event;
    }
  }
  for (const observed of [
    { kind: "rows-end", name: null, value: rows },
    { kind: "counter", name: "acknowledged", value: acknowledged },
    { kind: "scan", name: "logs", value: 48_210 },
    { kind: "scan", name: "metrics", value: 9_000 },
    { kind: "lag", name: "embedded", value: 0.004 },
  ] as const) {
    totals.observations++;
    yield observation({ ...observed, atMicroseconds: observedMicroseconds });
  }
  yield* controlEvents(plan);
  yield end({ ...totals, endedMicroseconds: observedMicroseconds });
}

function* visitorEvents(
  plan: Plan,
  visitor: number,
  { reReads, readBackMicroseconds }: { reReads: number; readBackMicroseconds: number },
): Generator<Event> {
  const dueMicroseconds = plan.arrivals.dueMicroseconds[visitor]!;
  const behaviour = BEHAVIOURS[plan.arrivals.behaviour[visitor]!]!;
  const isSecond = plan.arrivals.group[visitor] !== visitor;
  const startedMicroseconds = dueMicroseconds + 500 + (visitor % 7) * 100;
  yield arrival({
    visitor,
    behaviour,
    burst: plan.arrivals.burst[visitor]!,
    dueMicroseconds,
    startedMicroseconds,
  });

  const requests = requestsOf({ plan, visitor, behaviour, isSecond, reReads, readBackMicroseconds });
  yield* requests;
  const member = requests.find(({ class: name, phase }) => name === "acknowledged" && phase === "campaign");
  if (member) {
    const row = { kind: "row", visitor, memberId: memberIdOf(visitor), own: ["email", "latinName"] } as const;
    yield observation({
      ...row,
      own: [...row.own],
      matched: ["birthDate"],
      atMicroseconds: readBackMicroseconds + 2 * SECOND,
    });
  }
  yield done({
    visitor,
    requests: requests.length,
    ending: member ? "member" : isSecond ? "rejected" : "gave-up",
    memberSinceMicroseconds: member?.endedMicroseconds ?? null,
    endedMicroseconds: requests.at(-1)!.endedMicroseconds,
  });
}

interface Journey {
  plan: Plan;
  visitor: number;
  behaviour: Behaviour;
  isSecond: boolean;
  reReads: number;
  readBackMicroseconds: number;
}

function requestsOf(journey: Journey): RequestEvent[] {
  const { plan, visitor, behaviour, isSecond } = journey;
  const requests: RequestEvent[] = [];
  let at = plan.arrivals.dueMicroseconds[visitor]!;
  const add = (change: Partial<RequestEvent>, isSameInstant = false) => {
    if (requests.length > 0 && !isSameInstant) at += 200_000;
    const times = timesOf(at);
    requests.push(request({ visitor, request: requests.length + 1, ...times, ...change }));
  };
  const keyHash = `key-${behaviour === "shared-key" ? plan.arrivals.group[visitor] : visitor}`;
  const signUp = { keyHash, requestBodyHash: `body-${visitor}` };
  const acked = { ...signUp, ...acknowledgedAs(visitor) };

  if (isSecond) {
    add({ ...signUp, class: "rejected", status: behaviour === "pair" ? 409 : 422 });
    return requests;
  }
  if (behaviour === "impatient") {
    const lost = {
      class: "indeterminate",
      reason: "abandoned",
      status: null,
      firstByteMicroseconds: null,
    } as const;
    add({ ...signUp, ...lost, purpose: "abandoned" });
    return requests;
  }
  if (behaviour === "retry") {
    const lost = {
      class: "indeterminate",
      reason: "abandoned",
      status: null,
      firstByteMicroseconds: null,
    } as const;
    add({ ...signUp, ...lost, purpose: "abandoned" });
    add({ ...acked, purpose: "retry" });
  } else if (behaviour === "invalid-input") {
    add({
      keyHash: `key-broken-${visitor}`,
      requestBodyHash: `broken-${visitor}`,
      class: "rejected",
      status: 422,
      purpose: "invalid-input",
    });
    add(acked);
  } else add(acked);
  if (behaviour === "double-tap")
    add({ ...acked, purpose: "double-tap", sessionHash: `session-${visitor}-again` }, true);
  add(served(visitor));
  const again = behaviour === "re-reader" ? Math.max(2, journey.reReads) : journey.reReads;
  for (let read = 0; read < again; read++) add({ ...served(visitor), purpose: "re-read" });
  const session = { "no-session": "none", "forged-session": "forged", "other-session": "other" }[
    behaviour as string
  ];
  if (session) {
    add({
      ...READ,
      purpose: "session-check",
      session: session as RequestEvent["session"],
      class: "denied",
      status: 401,
    });
  }
  at = journey.readBackMicroseconds + (visitor % 1000) * 1000;
  add({ ...served(visitor), purpose: "read-back", phase: "read-back" });
  return requests;
}

function acknowledgedAs(visitor: number): Partial<RequestEvent> {
  return {
    class: "acknowledged",
    status: 201,
    memberId: memberIdOf(visitor),
    sessionHash: `session-${visitor}`,
    isCookieSet: true,
    own: ["email", "latinName"],
    matched: ["birthDate"],
    cacheControl: "no-store, private",
  };
}

const READ = { step: "me", role: "read-own", method: "GET", path: "/me" } as const;

function served(visitor: number): Partial<RequestEvent> {
  return {
    ...READ,
    class: "served",
    status: 200,
    memberId: memberIdOf(visitor),
    own: ["email", "latinName"],
    matched: ["birthDate"],
    cacheControl: "no-store, private",
  };
}

function timesOf(intendedMicroseconds: number) {
  const startedMicroseconds = intendedMicroseconds + 1_000;
  return {
    intendedMicroseconds,
    startedMicroseconds,
    sentMicroseconds: startedMicroseconds + 300,
    firstByteMicroseconds: startedMicroseconds + 30_000,
    endedMicroseconds: startedMicroseconds + 30_200,
  };
}

/** As the engines write them: through real capture, but somebody else's. */
function* controlEvents(plan: Plan): Generator<Event> {
  const times = timesOf(50_000);
  const acked = acknowledgedAs(0);
  const control = (name: ControlName, change: Partial<RequestEvent>) =>
    request({ ...times, control: name, ...change });
  const strangers = [{ runTag: RUN_TAG, visitor: 0, field: "email" as const, place: "json:/email" }];
  yield control("swapped-answer", { ...served(0), visitor: 1, own: [], matched: [], foreign: strangers });
  yield control("duplicate-id", { ...acked, visitor: 0 });
  yield control("duplicate-id", { ...acked, visitor: 1, own: [], foreign: strangers });
  yield control("lost-acknowledgement", { ...acked, visitor: NOBODY, own: [], foreign: strangers });
  yield control("lost-acknowledgement", {
    ...READ,
    ...timesOf((plan.durationSeconds + plan.drainSeconds) * SECOND),
    visitor: NOBODY,
    request: 2,
    phase: "read-back",
    purpose: "read-back",
    session: "none",
    class: "absent",
    status: 404,
  });
}

const BASE = { run: RUN_ID, control: null } as const;

export function arrival(change: Partial<ArrivalEvent>): ArrivalEvent {
  return {
    ...BASE,
    type: "arrival",
    visitor: 0,
    behaviour: "plain",
    burst: 0,
    dueMicroseconds: 0,
    startedMicroseconds: 0,
    ...change,
  };
}

export function request(change: Partial<RequestEvent>): RequestEvent {
  return {
    ...BASE,
    type: "request",
    visitor: 0,
    request: 1,
    step: "sign-up",
    role: "sign-up",
    phase: "campaign",
    purpose: "journey",
    session: "own",
    method: "POST",
    path: "/signups",
    intendedMicroseconds: 0,
    startedMicroseconds: 0,
    sentMicroseconds: 300,
    firstByteMicroseconds: 30_000,
    endedMicroseconds: 30_200,
    class: "failed",
    reason: null,
    status: 200,
    bodyBytes: 512,
    retryAfterSeconds: null,
    memberId: null,
    sessionHash: null,
    isCookieSet: false,
    keyHash: null,
    requestBodyHash: null,
    own: [],
    foreign: [],
    matched: [],
    mismatched: [],
    cacheControl: null,
    age: null,
    via: null,
    xCache: null,
    originMilliseconds: null,
    ...change,
  };
}

function done(change: Partial<DoneEvent>): DoneEvent {
  return {
    ...BASE,
    type: "done",
    visitor: 0,
    requests: 0,
    ending: "member",
    memberSinceMicroseconds: null,
    endedMicroseconds: 0,
    ...change,
  };
}

export function observation(change: Partial<ObservationEvent>): ObservationEvent {
  return {
    ...BASE,
    type: "observation",
    kind: "row",
    atMicroseconds: 0,
    visitor: null,
    memberId: null,
    own: [],
    foreign: [],
    matched: [],
    mismatched: [],
    name: null,
    value: null,
    ...change,
  };
}

function end(change: Partial<EndEvent>): EndEvent {
  return {
    ...BASE,
    type: "end",
    engine: "embedded",
    engineVersion: "1",
    startedAt: "2026-11-22T12:00:00.000Z",
    endedMicroseconds: 0,
    arrivals: 0,
    requests: 0,
    dones: 0,
    observations: 0,
    stopped: null,
    ...change,
  };
}

export async function writeRun(dir: string, { plan, events }: History): Promise<string> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "plan.json"), JSON.stringify(plan));
  await writeFile(join(dir, "events.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return dir;
}
