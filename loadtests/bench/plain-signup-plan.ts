import type { Plan } from "../src/plan/plan.ts";
import { type Arrivals, RUN_FORMAT, type ThinkTimes } from "../src/plan/plan.ts";
import type { Step, Target } from "../src/target/target.ts";

export interface PlainSignupOptions {
  /** Where `plain-server.ts` is. */
  url: string;
  dueMicroseconds: number[];
  durationSeconds: number;
  betweenSteps: ThinkTimes["betweenSteps"];
}

/** Plain visitors who sign up and read their own data at a server that does no work. */
export function plainSignupPlan(options: PlainSignupOptions): Plan {
  const { url, dueMicroseconds, durationSeconds, betweenSteps } = options;
  return {
    format: RUN_FORMAT,
    runId: "cp-startbench000",
    seed: 1,
    campaign: "bench",
    claim: "wiring",
    scale: 1,
    pieces: [],
    bursts: [],
    arrivals: plainArrivals(dueMicroseconds),
    durationSeconds,
    warmUpSeconds: 0,
    drainSeconds: 1,
    readBackSeconds: 0,
    thinkTimes: {
      betweenSteps,
      patience: { kind: "constant", seconds: 1 },
      beforeRetry: { kind: "constant", seconds: 1 },
    },
    objectives: {},
    overlapTargetRatio: 0,
    limits: {
      visitorsMax: 1e6,
      secondsMax: 600,
      startErrorSecondsP99Max: 0.01,
      limiterShareMax: 0.1,
      answerBytesMax: 262_144,
      comeBacksMax: 1,
    },
    target: plainTarget(url),
  };
}

function plainArrivals(dueMicroseconds: number[]): Arrivals {
  return {
    dueMicroseconds,
    behaviour: dueMicroseconds.map(() => 0),
    group: dueMicroseconds.map((_due, visitor) => visitor),
    burst: dueMicroseconds.map(() => 0),
  };
}

const FIELDS: Step["fields"] = {
  email: { json: "/email" },
  latinName: { json: "/name" },
  kana: { json: "/kana" },
};

const SIGN_UP: Step = {
  name: "sign-up",
  role: "sign-up",
  method: "POST",
  path: "/signups",
  headers: {},
  body: {
    json: {
      email: "${person.email}",
      name: "${person.latinName}",
      kana: "${person.kana}",
      address: "${person.address}",
      message: "${person.freeText}",
    },
  },
  redirects: 0,
  timeoutSeconds: 10,
  captures: {},
  means: { acknowledged: [{ status: [201] }] },
  memberId: { json: "/number" },
  session: { cookie: "session" },
  fields: FIELDS,
};

const READ_OWN: Step = {
  name: "read",
  role: "read-own",
  method: "GET",
  path: "/me",
  headers: {},
  redirects: 0,
  timeoutSeconds: 10,
  captures: {},
  means: { served: [{ status: [200] }] },
  fields: FIELDS,
};

function plainTarget(baseUrl: string): Target {
  return {
    name: "plain",
    baseUrl,
    hosts: ["127.0.0.1"],
    resolve: {},
    tls: { insecure: false },
    http: "1.1",
    connections: "fresh",
    headers: {},
    bypassed: [],
    emailDomain: "example.test",
    sameEmail: "exact",
    steps: [SIGN_UP, READ_OWN],
    readBack: { visibleWithinSeconds: 0, http: false },
    telemetry: { logFiles: [], counters: {}, exclusive: false },
    sinks: {},
    notJudged: {},
  };
}
