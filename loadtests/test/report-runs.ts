import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "../src/arrivals/random.ts";
import type { Event, RequestEvent } from "../src/events/event.ts";
import type { Plan } from "../src/plan/plan.ts";
import { RUN_FORMAT } from "../src/plan/plan.ts";
import type { CheckResult, Exposure, Outcome, Verdict } from "../src/verdict/verdict.ts";

/** Run folders and verdicts for the report's tests: small, the same each time, with what each outcome must show. */

const RUN_ID = "cp-3v8k2m9qxw5t1";
const SECONDS = 24;
const READ_BACK_SECONDS = 3;
/** What a hostile target may send back as a name: it must be shown, never run. */
export const HOSTILE = `<script>document.title="owned"</script><img src=x onerror="alert(1)">'"&@everybody\u001b[2J\u202e`;

/** Writes plan.json and events.ndjson: a spike of some 900 visitors who are served slower the more there are. */
export async function writeExampleHistory(dir: string): Promise<Plan> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { plan, events } = exampleHistory();
  await writeFile(join(dir, "plan.json"), JSON.stringify(plan));
  await writeFile(join(dir, "events.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return plan;
}

export function exampleHistory(): { plan: Plan; events: Event[] } {
  const due = dueTimes();
  const plan = examplePlan(due);
  const random = createRandom(5, "report");
  const events: Event[] = [];
  let requests = 0;
  due.forEach((dueMicroseconds, visitor) => {
    const load = rateAt(dueMicroseconds / 1e6) / 90;
    const startedMicroseconds = dueMicroseconds + Math.round(random() * 900);
    const took = Math.round((8_000 + 160_000 * load ** 3) * (0.4 - Math.log(1 - random() * 0.999)));
    const isRefused = load > 0.85 && random() < 0.3;
    const isLost = !isRefused && random() < 0.008;
    const signup: RequestEvent = {
      ...request(visitor, dueMicroseconds, startedMicroseconds, took),
      class: isRefused ? "refused" : isLost ? "indeterminate" : "acknowledged",
      reason: isLost ? "timeout" : null,
      status: isRefused ? 503 : isLost ? null : 201,
      own: isRefused || isLost ? [] : ["email", "latinName"],
    };
    events.push(
      {
        ...BASE,
        type: "arrival",
        visitor,
        behaviour: "plain",
        burst: 0,
        dueMicroseconds,
        startedMicroseconds,
      },
      signup,
    );
    requests += 1;
    let ended = signup.endedMicroseconds;
    if (signup.class === "acknowledged") {
      const start = ended + 300_000;
      const read = {
        ...request(visitor, start, start + 200, 4_000 + Math.round(random() * 9_000)),
        request: 2,
      };
      events.push({
        ...read,
        step: "me",
        role: "read-own",
        method: "GET",
        path: "/me",
        class: "served",
        status: 200,
      });
      requests += 1;
      ended = read.endedMicroseconds;
    }
    events.push({
      ...BASE,
      type: "done",
      visitor,
      requests: signup.class === "acknowledged" ? 2 : 1,
      ending: isRefused ? "refused" : isLost ? "lost" : "member",
      memberSinceMicroseconds: signup.class === "acknowledged" ? signup.endedMicroseconds : null,
      endedMicroseconds: ended,
    });
  });
  events.push({
    ...BASE,
    type: "end",
    engine: "embedded",
    engineVersion: "0.1.0",
    startedAt: "2026-12-04T10:00:00.000Z",
    endedMicroseconds: (SECONDS + READ_BACK_SECONDS + 1) * 1e6,
    arrivals: due.length,
    requests,
    dones: due.length,
    observations: 0,
    stopped: null,
  });
  return { plan, events };
}

const BASE = { run: RUN_ID, control: null } as const;

/** Baseline, a push, its fading. */
function rateAt(seconds: number): number {
  if (seconds < 4) return 14;
  return seconds < 6 ? 14 + (seconds - 4) * 40 : 12 + 82 * Math.exp(-(seconds - 6) / 4);
}

function dueTimes(): number[] {
  const random = createRandom(5, "report-due");
  const times: number[] = [];
  for (let at = 0; at < SECONDS; ) {
    at += -Math.log(1 - random()) / 110;
    if (at < SECONDS && random() < rateAt(at) / 110) times.push(Math.round(at * 1e6));
  }
  for (let index = 0; index < 64; index++) times.push(9_000_000);
  return times.sort((one, other) => one - other);
}

function request(visitor: number, intended: number, started: number, took: number): RequestEvent {
  return {
    ...BASE,
    type: "request",
    visitor,
    request: 1,
    step: "sign-up",
    role: "sign-up",
    phase: "campaign",
    purpose: "journey",
    session: "own",
    method: "POST",
    path: "/signups",
    intendedMicroseconds: intended,
    startedMicroseconds: started,
    sentMicroseconds: started + 300,
    firstByteMicroseconds: started + took,
    endedMicroseconds: started + took + 200,
    class: "acknowledged",
    reason: null,
    status: 201,
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
    cacheControl: "no-store, private",
    age: null,
    via: null,
    xCache: null,
    originMilliseconds: null,
  };
}

function examplePlan(dueMicroseconds: number[]): Plan {
  return {
    format: RUN_FORMAT,
    runId: RUN_ID,
    seed: 20201204,
    campaign: "default",
    claim: "crowd",
    scale: 1,
    pieces: [{ name: "baseline", shape: "constant", seconds: SECONDS, fromPerSecond: 20, toPerSecond: 20 }],
    bursts: [{ atSeconds: 9, visitors: 64 }],
    arrivals: {
      dueMicroseconds,
      behaviour: dueMicroseconds.map(() => 0),
      group: dueMicroseconds.map((_, visitor) => visitor),
      burst: dueMicroseconds.map((due) => (due === 9_000_000 ? 1 : 0)),
    },
    durationSeconds: SECONDS,
    warmUpSeconds: 2,
    drainSeconds: 1,
    readBackSeconds: READ_BACK_SECONDS,
    thinkTimes: {
      betweenSteps: { kind: "constant", seconds: 0.3 },
      patience: { kind: "constant", seconds: 1 },
      beforeRetry: { kind: "constant", seconds: 1 },
    },
    objectives: { membersWithin: { seconds: 5, shareMin: 0.85 }, firstStepSeconds: { p50: 0.25, p99: 2 } },
    overlapTargetRatio: 0.3,
    limits: {
      visitorsMax: 10_000,
      secondsMax: 600,
      startErrorSecondsP99Max: 0.05,
      limiterShareMax: 0.5,
      answerBytesMax: 1_000_000,
      comeBacksMax: 3,
    },
    target: {
      name: "reference service",
      baseUrl: "http://127.0.0.1:3000",
      hosts: ["127.0.0.1"],
      resolve: {},
      tls: { insecure: false },
      http: "1.1",
      connections: "fresh",
      headers: {},
      bypassed: [],
      emailDomain: "example.test",
      sameEmail: "exact",
      steps: [],
      readBack: { visibleWithinSeconds: 2, http: true },
      telemetry: { logFiles: [], counters: {}, exclusive: true },
      sinks: {},
      notJudged: {},
    },
  };
}

type Verdicts = Record<Outcome, Verdict>;

const INVARIANTS: [string, number, string][] = [
  ["reads-own", 1_604, "1,604 answers showed people their own data"],
  ["ids-unique", 802, "802 member IDs were acknowledged to 802 people"],
  ["acks-durable", 802, "802 of 802 acknowledged members were found again"],
  ["no-ghost-id", 118, "918 signups were answered, 118 of them with no acknowledgement"],
  ["once-per-person", 96, "96 cases of a second attempt or a shared address"],
  ["ids-well-formed", 802, "802 IDs were looked at"],
  [
    "refusals-honest",
    112,
    "112 people were told to wait or to go, 95 % of them within 12.5 ms; nobody was due to be let in; their times to come back were spread",
  ],
  ["sessions-bound", 61, "863 sessions given and reads without a right one"],
  ["responses-private", 1_604, "1,604 answers carried personal data"],
  ["telemetry-clean", 48_210, "48,210 bytes of telemetry were searched"],
  ["accounting", 1_716, "1,716 requests, each in one of 4 classes"],
];

function passing(): CheckResult[] {
  const check =
    (kind: CheckResult["kind"]) =>
    ([name, observed, summary]: [string, number, string]): CheckResult => ({
      name,
      kind,
      observed,
      summary,
      evidence: [],
      judged: true,
      outcome: "pass",
    });
  return [
    ...INVARIANTS.map(check("invariant")),
    ...(
      [
        ["control", 3, "all 3 deliberate wrong answers of this run came out red"],
        [
          "start-error",
          912,
          "visitors started 0.3 ms late at p50, 0.9 ms at p99, 4.1 ms at most; 0 later than allowed",
        ],
        [
          "claim",
          848,
          "63 % of visitors had another's signup in flight; 100 % within bursts, the largest of 64 people; 112 told to wait or to go",
        ],
      ] as [string, number, string][]
    ).map(check("validity")),
    ...(
      [
        ["members-within", 912, "88 % of 912 due people were members within 5 s (at least 85 %)"],
        ["first-step-latency", 912, "p50 42 ms (at most 250 ms), p99 820 ms (at most 2 s)"],
      ] as [string, number, string][]
    ).map(check("objective")),
  ];
}

/** One verdict of each outcome; the failing one has exposures, a hostile target and what is not judged. */
export function exampleVerdicts(): Verdicts {
  const strength: Verdict["strength"] = {
    answersWithOwnData: 1_604,
    signupsAcknowledged: 802,
    overlapRatio: 0.634,
    bursts: 1,
    burstVisitorsMax: 64,
    claim: "crowd",
    isClaimEarned: true,
    episodes: 1,
    episodeBound95: null,
    sentence:
      "not falsified: 0 exposures in 1,604 answers that showed people their own data; 802 signups, 63 % with another in flight; 1 burst; claim: crowd; this build, this data mix",
  };
  const pass: Verdict = {
    format: RUN_FORMAT,
    outcome: "pass",
    reasons: [strength.sentence],
    checks: passing(),
    bypassed: [],
    exposures: [],
    exposuresTotal: 0,
    alerts: [],
    strength,
    run: {
      runId: RUN_ID,
      seed: 20201204,
      campaign: "default",
      target: "reference service",
      engine: "embedded",
      engineVersion: "0.1.0",
      startedAt: "2026-12-04T10:00:00.000Z",
      seconds: 28.2,
      visitorsPlanned: 912,
      visitorsStarted: 912,
      requests: 1_716,
      fault: null,
      expectedAlerts: null,
      stopped: null,
      scale: 1,
      campaignFile: null,
      targetFile: null,
      crowdproofVersion: "0.1.0",
      node: "26.10.0",
      machine: "linux x64, 2 × Xeon, 8 GiB",
    },
  };
  return { pass, fail: failing(pass), unknown: unproven(pass) };
}

function failing(pass: Verdict): Verdict {
  const exposures = Array.from(
    { length: 14 },
    (_, index): Exposure => ({
      viewer: 412 + index * 7,
      victim: 409 + index * 7,
      victimRunTag: index === 13 ? 90_211 : null,
      fields: index % 3 === 0 ? ["email", "latinName", "kana", "address", "birthDate"] : ["email", "phone"],
      step: index === 2 ? HOSTILE : "me",
      place: index % 2 === 0 ? "json:/email" : "json:/survey/0",
      firstSeenMicroseconds: 9_004_211 + index * 310_457,
      answers: 1 + (index % 4),
    }),
  );
  const evidence = exposures.slice(0, 5).map((exposure) => ({
    visitor: exposure.viewer,
    victim: exposure.victim,
    memberId: "M-7K2Q-88",
    firstSeenMicroseconds: exposure.firstSeenMicroseconds,
    curl: "curl -X GET http://127.0.0.1:3000/me -H 'Cookie: session=SESSION_OF_412'",
  }));
  const checks = pass.checks.map((check): CheckResult => {
    if (check.name === "reads-own") {
      const summary =
        "27 times an answer or a mail carried what its reader did not send; 1,604 answers showed people their own data";
      return { ...check, judged: true, outcome: "fail", summary, evidence };
    }
    if (check.name === "ids-unique") {
      const summary = `2 member IDs belong to two people (among them ${HOSTILE}); 802 member IDs were acknowledged to 802 people`;
      return {
        ...check,
        judged: true,
        outcome: "fail",
        summary,
        evidence: [{ memberId: HOSTILE, [HOSTILE]: 1 }],
      };
    }
    if (check.name !== "telemetry-clean") return check;
    const { name, kind, summary } = check;
    const reason = "the logs of this target are kept by another company";
    return { name, kind, summary, observed: 0, evidence: [], judged: false, reason };
  });
  return {
    ...pass,
    outcome: "fail",
    reasons: [
      "reads-own: 27 times an answer or a mail carried what its reader did not send; 1,604 answers showed people their own data",
      `ids-unique: 2 member IDs belong to two people (among them ${HOSTILE}); 802 member IDs were acknowledged to 802 people`,
    ],
    checks,
    bypassed: ["captcha"],
    exposures,
    exposuresTotal: 214,
    strength: {
      ...pass.strength,
      sentence: "falsified: 214 exposures in 1,604 answers that showed people data.",
    },
    alerts: firedAlerts(),
    run: { ...pass.run, target: `shop ${HOSTILE}`, fault: "max-plus-one", expectedAlerts: ["IdAnomaly"] },
  };
}

function firedAlerts(): Verdict["alerts"] {
  const anomaly: Verdict["alerts"][number] = {
    alert: "IdAnomaly",
    severity: "page",
    labels: 'kind="duplicate"',
    isExpected: true,
    isInhibited: false,
    pendingMicroseconds: 9_100_000,
    firedMicroseconds: 9_100_000,
    resolvedMicroseconds: null,
    notifiedMicroseconds: 9_413_000,
  };
  return [
    { ...anomaly, alert: HOSTILE, severity: HOSTILE, isExpected: false, firedMicroseconds: -2_000_000 },
    anomaly,
    { ...anomaly, resolvedMicroseconds: 12_000_000, labels: 'kind="wrong-person"' },
    { ...anomaly, alert: "SignupsBelowOffered", isInhibited: true, notifiedMicroseconds: null },
    {
      ...anomaly,
      alert: "SignupsSlowThisMonth",
      severity: "ticket",
      labels: "",
      firedMicroseconds: 14_100_000,
    },
  ];
}

function unproven(pass: Verdict): Verdict {
  const checks = pass.checks.map((check): CheckResult => {
    if (check.name !== "acks-durable" && check.name !== "claim") return check;
    const summary =
      check.name === "acks-durable"
        ? "802 acknowledged members could not be looked for; 0 of 802 acknowledged members were found again"
        : "1 thing the claim needs did not happen (overlap of 4 %, aimed at 30 %); 4 % of visitors had another's signup in flight";
    return { ...check, judged: true, outcome: "unknown", observed: 0, summary };
  });
  return {
    ...pass,
    outcome: "unknown",
    reasons: checks
      .filter((check) => check.judged && check.outcome === "unknown")
      .map((check) => `${check.name}: ${check.summary}`),
    checks,
    strength: { ...pass.strength, overlapRatio: 0.04, isClaimEarned: false },
    run: { ...pass.run, visitorsStarted: 511, stopped: "interrupted" },
  };
}
