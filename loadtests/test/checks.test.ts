import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkHistory } from "../src/checks/check-history.ts";
import type { Event, ObservationEvent, RequestEvent } from "../src/events/event.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";
import type { CheckResult, Outcome } from "../src/verdict/verdict.ts";
import {
  type History,
  healthyHistory,
  memberIdOf,
  observation,
  RUN_TAG,
  request,
  writeRun,
} from "./history-builder.ts";

let dir: string;
let runs = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-checks-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function judge(history: History) {
  return await checkHistory(await writeRun(join(dir, String(runs++)), history));
}

const outcomeOf = (check: CheckResult | undefined): Outcome | "not judged" | undefined =>
  check?.judged === false ? "not judged" : check?.outcome;

/** Replaces the events that match; `until` = only so many of them. */
function change<Kind extends Event["type"]>(
  history: History,
  type: Kind,
  matches: (event: Extract<Event, { type: Kind }>) => boolean,
  into: (event: Extract<Event, { type: Kind }>) => Event | null,
  until = Number.POSITIVE_INFINITY,
): void {
  let left = until;
  history.events = history.events.flatMap((event) => {
    if (event.type !== type || event.control !== null || left <= 0) return [event];
    const typed = event as Extract<Event, { type: Kind }>;
    if (!matches(typed)) return [event];
    left--;
    const changed = into(typed);
    return changed === null ? [] : [changed];
  });
}

const requests = (
  history: History,
  matches: (event: RequestEvent) => boolean,
  into: Partial<RequestEvent>,
  until?: number,
) => change(history, "request", matches, (event) => ({ ...event, ...into }), until);

const observed = (
  history: History,
  matches: (event: ObservationEvent) => boolean,
  into: Partial<ObservationEvent>,
) => change(history, "observation", matches, (event) => ({ ...event, ...into }), 1);

function withoutRowOf(history: History, visitor: number): void {
  change(
    history,
    "observation",
    (e) => e.kind === "row" && e.visitor === visitor,
    () => null,
  );
}

/** As it is after a row more or less in the database, not in the record. */
function recountRows(history: History): void {
  const rows = history.events.filter((event) => event.type === "observation" && event.kind === "row").length;
  observed(history, (event) => event.kind === "rows-end", { value: rows });
}

const isAcked = (event: RequestEvent) => event.class === "acknowledged";
const isReadBack = (event: RequestEvent) => event.phase === "read-back";
const isSignUp = (event: RequestEvent) => event.role === "sign-up";
const strangers = (visitor: number) => [
  { runTag: RUN_TAG, visitor, field: "latinName" as const, place: "json:/name" },
];

/** A visitor of each behaviour in the builder's mix. */
const PLAIN = 27;
const DOUBLE_TAPPER = 1;
const PAIR_FIRST = 3;
const KEY_FIRST = 5;
const KEY_SECOND = 6;

interface Defect {
  name: string;
  check: string;
  outcome: Outcome | "not judged";
  put(history: History): void;
  /** Other checks that see the same thing. */
  also?: string[];
}

/** What one answer in a crowd must not do. */
const RED: Defect[] = [
  {
    name: "one answer of 552 carries another's name",
    check: "reads-own",
    outcome: "fail",
    put: (h) =>
      requests(h, (e) => e.visitor === PLAIN && e.purpose === "journey" && e.class === "served", {
        foreign: strangers(21),
      }),
  },
  {
    name: "an answer carries a canary of an older run",
    check: "reads-own",
    outcome: "fail",
    put: (h) => requests(h, isAcked, { foreign: [{ ...strangers(3)[0]!, runTag: RUN_TAG + 1 }] }, 1),
  },
  {
    name: "a birth date is somebody else's",
    check: "reads-own",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.purpose === "re-read", { matched: [], mismatched: ["birthDate"] }, 1),
  },
  {
    name: "two people are given one ID",
    check: "ids-unique",
    outcome: "fail",
    also: ["acks-durable", "no-ghost-id"],
    put: (h) => requests(h, (e) => e.visitor === PLAIN && isAcked(e), { memberId: memberIdOf(0) }),
  },
  {
    name: "a profile shows another's ID, and nothing else of theirs",
    check: "ids-unique",
    outcome: "fail",
    put: (h) =>
      requests(h, (e) => e.visitor === PLAIN && e.purpose === "journey" && e.class === "served", {
        memberId: memberIdOf(0),
      }),
  },
  {
    name: "two rows have one ID",
    check: "ids-unique",
    outcome: "fail",
    also: ["acks-durable", "no-ghost-id"],
    put: (h) => observed(h, (e) => e.kind === "row" && e.visitor === PLAIN, { memberId: memberIdOf(0) }),
  },
  {
    name: "a member is absent afterwards",
    check: "acks-durable",
    outcome: "fail",
    put: (h) =>
      requests(h, (e) => e.visitor === PLAIN && isReadBack(e), {
        class: "absent",
        own: [],
        matched: [],
        memberId: null,
      }),
  },
  {
    name: "a member's session never opened anything",
    check: "acks-durable",
    outcome: "fail",
    put: (h) =>
      requests(h, (e) => e.visitor === PLAIN && e.role === "read-own", { ...BLANK, class: "denied" }),
  },
  {
    name: "a member has no row",
    check: "acks-durable",
    outcome: "fail",
    also: ["no-ghost-id", "history"],
    put: (h) => {
      withoutRowOf(h, PLAIN);
      recountRows(h);
    },
  },
  {
    name: "a row has another's address",
    check: "acks-durable",
    outcome: "fail",
    put: (h) => observed(h, (e) => e.kind === "row" && e.visitor === PLAIN, { foreign: strangers(21) }),
  },
  {
    name: "a member is found under another ID",
    check: "acks-durable",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.visitor === PLAIN && isReadBack(e), { memberId: memberIdOf(21) }),
  },
  {
    name: "a rejection carries an ID",
    check: "no-ghost-id",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.class === "rejected", { memberId: memberIdOf(900) }, 1),
  },
  {
    name: "one key and body gave two IDs",
    check: "once-per-person",
    outcome: "fail",
    also: ["no-ghost-id"],
    put: (h) =>
      requests(h, (e) => e.visitor === DOUBLE_TAPPER && e.purpose === "double-tap", {
        memberId: memberIdOf(901),
      }),
  },
  {
    name: "another body under a key was acknowledged",
    check: "once-per-person",
    outcome: "fail",
    also: ["acks-durable", "no-ghost-id", "accounting"],
    put: (h) =>
      requests(h, (e) => e.visitor === KEY_SECOND, {
        class: "acknowledged",
        memberId: memberIdOf(KEY_SECOND),
      }),
  },
  {
    name: "one address has two rows",
    check: "once-per-person",
    outcome: "fail",
    also: ["history"],
    put: (h) =>
      h.events.push(observation({ visitor: PAIR_FIRST, memberId: memberIdOf(902), atMicroseconds: 9e6 })),
  },
  {
    name: "an ID is undefined",
    check: "ids-well-formed",
    outcome: "fail",
    also: ["acks-durable", "no-ghost-id"],
    put: (h) => requests(h, (e) => e.visitor === PLAIN && isAcked(e), { memberId: "undefined" }),
  },
  {
    name: "an acknowledgement has no ID",
    check: "ids-well-formed",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.visitor === PLAIN && isAcked(e), { memberId: null }),
  },
  {
    name: "a refusal says nothing about when",
    check: "refusals-honest",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.class === "rejected", { class: "refused" }, 1),
  },
  {
    name: "refusals send everybody back at once",
    check: "refusals-honest",
    outcome: "fail",
    put: (h) =>
      requests(h, (e) => e.class === "rejected", {
        class: "refused",
        retryAfterSeconds: 1,
        endedMicroseconds: 500_000,
      }),
  },
  {
    name: "a refusal sets a cookie",
    check: "refusals-honest",
    outcome: "fail",
    put: (h) =>
      requests(
        h,
        (e) => e.class === "rejected",
        { class: "refused", retryAfterSeconds: 1, isCookieSet: true },
        1,
      ),
  },
  {
    name: "refusals are slow",
    check: "refusals-honest",
    outcome: "fail",
    also: ["first-step-latency"],
    put: (h) =>
      change(
        h,
        "request",
        (e) => e.class === "rejected",
        (e) => ({
          ...e,
          class: "refused",
          retryAfterSeconds: (e.visitor % 5) + 1,
          firstByteMicroseconds: e.startedMicroseconds + 3e6,
          endedMicroseconds: e.startedMicroseconds + 3e6,
        }),
      ),
  },
  {
    name: "who waited and came back on time is told to wait again",
    check: "refusals-honest",
    outcome: "fail",
    also: ["acks-durable", "accounting", "members-within"],
    put: (h) => {
      for (const visitor of [7, 21]) waitsAndComesBack(h, visitor, "waiting");
    },
  },
  {
    name: "who waited and came back on time is rejected, and nobody else had their address or key",
    check: "refusals-honest",
    outcome: "fail",
    put: (h) => waitsAndComesBack(h, 7, "rejected"),
  },
  {
    name: "one session for two people",
    check: "sessions-bound",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.visitor === PLAIN && isAcked(e), { sessionHash: "session-0" }),
  },
  {
    name: "a read without a session is served",
    check: "sessions-bound",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.session === "none", { class: "served" }, 1),
  },
  {
    name: "an answer with personal data may be cached",
    check: "responses-private",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.purpose === "re-read", { cacheControl: "public, max-age=60" }, 1),
  },
  {
    name: "an answer keeps one header private and leaves the rest to caches",
    check: "responses-private",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.purpose === "re-read", { cacheControl: 'private="set-cookie"' }, 1),
  },
  {
    name: "an answer to GET says nothing about caches",
    check: "responses-private",
    outcome: "fail",
    put: (h) => requests(h, (e) => e.purpose === "re-read", { cacheControl: null }, 1),
  },
  {
    name: "an e-mail address stands in the log",
    check: "telemetry-clean",
    outcome: "fail",
    put: (h) => observed(h, (e) => e.name === "logs", { foreign: strangers(4) }),
  },
  {
    name: "a request has two classes",
    check: "accounting",
    outcome: "fail",
    also: ["history", "acks-durable"],
    put: (h) => h.events.push(request({ visitor: 0, request: 1, class: "failed" })),
  },
  {
    name: "the target counted one signup less",
    check: "accounting",
    outcome: "fail",
    put: (h) =>
      change(
        h,
        "observation",
        (e) => e.kind === "counter",
        (e) => ({ ...e, value: e.value! - 1 }),
      ),
  },
  {
    name: "the target counted more than can be",
    check: "accounting",
    outcome: "fail",
    put: (h) =>
      change(
        h,
        "observation",
        (e) => e.kind === "counter",
        (e) => ({ ...e, value: e.value! + 1000 }),
      ),
  },
  {
    name: "members come too late",
    check: "members-within",
    outcome: "fail",
    put: (h) => {
      h.plan.objectives.membersWithin = { seconds: 0.01, shareMin: 0.8 };
    },
  },
  {
    name: "first answers are slow",
    check: "first-step-latency",
    outcome: "fail",
    put: (h) => {
      h.plan.objectives.firstStepSeconds = { p50: 0.001 };
    },
  },
  {
    name: "later answers are slow",
    check: "later-step-latency",
    outcome: "fail",
    put: (h) => {
      h.plan.objectives.laterStepSeconds = { p99: 0.001 };
    },
  },
  {
    name: "more requests fail than is allowed",
    check: "error-ratio",
    outcome: "fail",
    put: (h) =>
      requests(h, (e) => e.role === "read-own", { class: "failed", own: [], matched: [], memberId: null }),
  },
];

const WAITING: Partial<RequestEvent> = {
  class: "waiting",
  status: 202,
  retryAfterSeconds: 0,
  memberId: null,
  sessionHash: null,
  isCookieSet: false,
  own: [],
  matched: [],
};

/** Told to wait no time at all; the first read is the coming back. */
function waitsAndComesBack(history: History, visitor: number, answer: RequestEvent["class"]): void {
  requests(history, (e) => e.visitor === visitor && e.request === 1, WAITING);
  requests(history, (e) => e.visitor === visitor && e.purpose === "journey" && e.class === "served", {
    ...WAITING,
    class: answer,
    role: "sign-up",
    step: "sign-up",
    method: "POST",
    purpose: "come-back",
  });
}

const BLANK: Partial<RequestEvent> = { own: [], matched: [], memberId: null };

/** Nothing seen, or something in the way: never a pass. */
const UNKNOWN: Defect[] = [
  {
    name: "a target that shows nobody anything",
    check: "reads-own",
    outcome: "unknown",
    also: ["acks-durable", "responses-private"],
    put: (h) => requests(h, () => true, { own: [], matched: [] }),
  },
  {
    name: "one declared field that never comes back",
    check: "reads-own",
    outcome: "unknown",
    put: (h) =>
      change(
        h,
        "request",
        () => true,
        (e) => ({ ...e, own: e.own.filter((field) => field !== "latinName") }),
      ),
  },
  {
    name: "no ID at all",
    check: "ids-unique",
    outcome: "unknown",
    also: ["ids-well-formed", "once-per-person"],
    put: (h) => {
      requests(h, () => true, { memberId: null });
      for (const step of h.plan.target.steps) delete step.memberId;
    },
  },
  {
    name: "a limiter in front of one read-back, and no rows",
    check: "acks-durable",
    outcome: "unknown",
    also: ["history", "once-per-person", "refusals-honest"],
    put: (h) => {
      withoutRows(h);
      requests(h, (e) => e.visitor === PLAIN && isReadBack(e), {
        ...BLANK,
        class: "refused",
        retryAfterSeconds: 3,
      });
    },
  },
  {
    name: "an expired session in front of one read-back, and no rows",
    check: "acks-durable",
    outcome: "unknown",
    put: (h) => {
      withoutRows(h);
      requests(h, (e) => e.visitor === PLAIN && isReadBack(e), { ...BLANK, class: "denied" });
    },
  },
  {
    name: "a member looked for too early, and no rows",
    check: "acks-durable",
    outcome: "unknown",
    put: (h) => {
      withoutRows(h);
      h.plan.target.readBack.visibleWithinSeconds = 100;
      requests(h, (e) => e.visitor === PLAIN && isReadBack(e), { ...BLANK, class: "absent" });
    },
  },
  {
    name: "rows that could not be read",
    check: "acks-durable",
    outcome: "unknown",
    put: (h) =>
      change(
        h,
        "observation",
        (e) => e.kind === "row",
        () => null,
      ),
  },
  {
    name: "rows that were not read to their end, and a member whose row was not reached",
    check: "acks-durable",
    outcome: "unknown",
    put: (h) => {
      withoutRowOf(h, PLAIN);
      change(
        h,
        "observation",
        (e) => e.kind === "rows-end",
        () => null,
      );
    },
  },
  {
    name: "members who were never read back, and no rows",
    check: "acks-durable",
    outcome: "unknown",
    put: (h) => {
      withoutRows(h);
      change(
        h,
        "request",
        (e) => e.visitor === PLAIN && isReadBack(e),
        () => null,
      );
    },
  },
  {
    name: "signups without any answer",
    check: "no-ghost-id",
    outcome: "unknown",
    also: ["ids-unique", "acks-durable", "claim"],
    put: (h) => requests(h, isSignUp, { ...BLANK, class: "indeterminate", reason: "timeout", status: null }),
  },
  {
    name: "double-taps that were planned and never answered",
    check: "once-per-person",
    outcome: "unknown",
    put: (h) =>
      requests(h, (e) => e.purpose === "double-tap" || e.purpose === "retry", { sentMicroseconds: null }),
  },
  {
    name: "reads without a session that were not answered",
    check: "sessions-bound",
    outcome: "unknown",
    put: (h) => requests(h, (e) => e.session === "none", { class: "indeterminate" }),
  },
  {
    name: "a log that could not be read",
    check: "telemetry-clean",
    outcome: "unknown",
    put: (h) => observed(h, (e) => e.name === "logs", { value: null }),
  },
  {
    name: "a log that was not read",
    check: "telemetry-clean",
    outcome: "unknown",
    also: ["history"],
    put: (h) =>
      change(
        h,
        "observation",
        (e) => e.name === "logs",
        () => null,
      ),
  },
  {
    name: "counters that were not read",
    check: "accounting",
    outcome: "unknown",
    also: ["history"],
    put: (h) =>
      change(
        h,
        "observation",
        (e) => e.kind === "counter",
        () => null,
      ),
  },
  {
    name: "visitors started late",
    check: "start-error",
    outcome: "unknown",
    put: (h) =>
      change(
        h,
        "arrival",
        (e) => e.visitor % 10 === 0,
        (e) => ({ ...e, startedMicroseconds: e.startedMicroseconds + 50_000 }),
      ),
  },
  {
    name: "less overlap than aimed at",
    check: "claim",
    outcome: "unknown",
    put: (h) => {
      change(h, "request", isSignUp, (e) => ({ ...e, firstByteMicroseconds: e.sentMicroseconds! + 1 }));
    },
  },
  {
    name: "no burst of 64",
    check: "claim",
    outcome: "unknown",
    also: ["history"],
    put: (h) =>
      change(
        h,
        "arrival",
        (e) => e.burst === 1,
        () => null,
        1,
      ),
  },
  {
    name: "a claim of saturation without a sign of it",
    check: "claim",
    outcome: "unknown",
    put: (h) => {
      h.plan.claim = "saturated";
    },
  },
  {
    name: "a step that never worked",
    check: "claim",
    outcome: "unknown",
    put: (h) => {
      h.plan.target.steps.push({ ...h.plan.target.steps[1]!, name: "card", fields: {} });
    },
  },
  {
    name: "requests that left late",
    check: "generator",
    outcome: "unknown",
    put: (h) =>
      change(
        h,
        "request",
        () => true,
        (e) => ({ ...e, intendedMicroseconds: e.intendedMicroseconds - 500_000 }),
      ),
  },
  {
    name: "a generator that stood still",
    check: "generator",
    outcome: "unknown",
    put: (h) => observed(h, (e) => e.kind === "lag", { value: 3 }),
  },
  {
    name: "a generator that nobody watched",
    check: "generator",
    outcome: "unknown",
    also: ["history"],
    put: (h) =>
      change(
        h,
        "observation",
        (e) => e.kind === "lag",
        () => null,
      ),
  },
  {
    name: "a limiter that answered in the target's stead",
    check: "limiter",
    outcome: "unknown",
    put: (h) => {
      let seconds = 0;
      change(
        h,
        "request",
        (e) => e.role === "read-own" && !isReadBack(e),
        (e) => ({ ...e, ...BLANK, class: "refused", retryAfterSeconds: 1 + (seconds++ % 9) }),
      );
    },
  },
  {
    name: "a wall clock that jumped",
    check: "clock",
    outcome: "unknown",
    also: ["history"],
    put: (h) => h.events.push(observation({ kind: "clock", name: "wall", value: -3600 })),
  },
  {
    name: "no end, so nobody watched the clock to the end",
    check: "clock",
    outcome: "unknown",
    also: ["history"],
    put: (h) =>
      change(
        h,
        "end",
        () => true,
        () => null,
      ),
  },
  ...(["swapped-answer", "lost-acknowledgement", "duplicate-id"] as const).map(
    (control): Defect => ({
      name: `no ${control} was tried`,
      check: "control",
      outcome: "unknown",
      put: (h) => {
        h.events = h.events.filter((event) => event.control !== control);
      },
    }),
  ),
  {
    name: "a swapped answer that was not seen",
    check: "control",
    outcome: "unknown",
    put: (h) => {
      h.events = h.events.map((event) =>
        event.control === "swapped-answer" ? { ...event, foreign: [] } : event,
      );
    },
  },
  {
    name: "a run that was stopped",
    check: "history",
    outcome: "unknown",
    put: (h) =>
      change(
        h,
        "end",
        () => true,
        (e) => ({ ...e, stopped: "interrupted" }),
      ),
  },
  {
    name: "nobody due after the warm-up",
    check: "members-within",
    outcome: "unknown",
    put: (h) => {
      h.plan.warmUpSeconds = 100;
    },
  },
];

function withoutRows(history: History): void {
  delete history.plan.target.readBack.sql;
  change(
    history,
    "observation",
    (e) => e.kind === "row",
    () => null,
  );
}

describe("a healthy history", () => {
  it("passes, every check with a denominator", async () => {
    const judged = await judge(healthyHistory());
    const outcomes = Object.fromEntries(judged.checks.map((check) => [check.name, outcomeOf(check)]));
    expect(outcomes).toEqual({
      ...Object.fromEntries(judged.checks.map(({ name }) => [name, "pass"])),
      "refusals-honest": "not judged",
    });
    expect(judged.checks.filter((check) => check.judged && check.observed === 0)).toEqual([]);
    expect(judged.exposures).toEqual([]);
    expect(decideVerdict(judged).outcome).toBe("pass");
  });

  it("says that nobody was refused rather than that refusals were honest", async () => {
    const [headline] = decideVerdict(await judge(healthyHistory())).reasons;
    expect(headline).toContain(
      "not judged: refusals-honest (not exercised: nobody was told to wait or was refused)",
    );
  });

  it("passes with refusals that are spread, quick and empty, and with people let in on time", async () => {
    const history = healthyHistory();
    let seconds = 0;
    change(
      history,
      "request",
      (e) => e.class === "rejected",
      (e) => ({ ...e, class: "refused", retryAfterSeconds: 1 + (seconds++ % 5) }),
    );
    requests(history, (e) => e.purpose === "abandoned" && e.visitor === 2, WAITING);
    requests(history, (e) => e.purpose === "retry" && e.visitor === 2, { purpose: "come-back" });
    const check = (await judge(history)).checks.find(({ name }) => name === "refusals-honest");
    expect([outcomeOf(check), check?.summary]).toEqual(["pass", expect.stringContaining("told to wait")]);
  });

  it("lets a come-back be rejected where the other tap became the member meanwhile", async () => {
    const history = healthyHistory();
    waitsAndComesBack(history, DOUBLE_TAPPER, "rejected");
    const check = (await judge(history)).checks.find(({ name }) => name === "refusals-honest");
    expect([outcomeOf(check), check?.summary]).toEqual(["pass", expect.stringContaining("told to wait")]);
  });

  it("lets the second of a pair see the address they share", async () => {
    const history = healthyHistory();
    const shared = [{ runTag: RUN_TAG, visitor: PAIR_FIRST, field: "email" as const, place: "json:/email" }];
    requests(history, (e) => e.visitor === PAIR_FIRST + 1, { foreign: shared });
    expect((await judge(history)).exposures).toEqual([]);
    requests(history, (e) => e.visitor === KEY_SECOND, { foreign: [{ ...shared[0]!, visitor: KEY_FIRST }] });
    expect((await judge(history)).exposures).toMatchObject([
      { viewer: KEY_SECOND, victim: KEY_FIRST, fields: ["email"] },
    ]);
  });

  it("reports a member who was late, without failing", async () => {
    const history = healthyHistory();
    const late = history.events.find(
      (e) => e.type === "request" && e.visitor === PLAIN && isReadBack(e),
    ) as RequestEvent;
    history.events.push({ ...late, request: late.request + 1 });
    requests(history, (e) => e === late, { ...BLANK, class: "absent", startedMicroseconds: 1 });
    const check = (await judge(history)).checks.find(({ name }) => name === "acks-durable");
    expect([outcomeOf(check), check?.summary]).toEqual(["pass", expect.stringContaining("1 of them late")]);
  });

  it("finds a member beside a second row of the same address, which is another check's matter", async () => {
    const history = healthyHistory();
    history.events.push(observation({ visitor: PAIR_FIRST, memberId: memberIdOf(902), atMicroseconds: 9e6 }));
    recountRows(history);
    const { checks } = await judge(history);
    const outcomes = ["acks-durable", "once-per-person"].map((wanted) =>
      outcomeOf(checks.find(({ name }) => name === wanted)),
    );
    expect(outcomes).toEqual(["pass", "fail"]);
  });

  it("tells when a shared ID was seen: with the second person's acknowledgement", async () => {
    const history = healthyHistory();
    const acked = (visitor: number) => (e: RequestEvent) => e.visitor === visitor && isAcked(e);
    const second = history.events.find((e): e is RequestEvent => e.type === "request" && acked(PLAIN)(e));
    requests(history, acked(21), { memberId: memberIdOf(PLAIN) });
    const check = (await judge(history)).checks.find(({ name }) => name === "ids-unique");
    expect(check?.evidence[0]).toMatchObject({ atMicroseconds: second?.endedMicroseconds, people: 2 });
  });

  it.each([
    { name: "passes at its bound", value: 2, outcome: "pass" },
    { name: "fails beyond it", value: 2.5, outcome: "fail" },
    { name: "is unknown where the series was not read", value: null, outcome: "unknown" },
  ])("$name: what must stay bounded", async ({ value, outcome }) => {
    const history = healthyHistory();
    history.plan.target.telemetry.bounds = { queue_seconds_max: 2 };
    history.events.push(observation({ kind: "bound", name: "queue_seconds_max", value }));
    const check = (await judge(history)).checks.find(({ name }) => name === "bounds");
    expect([check?.kind, outcomeOf(check)]).toEqual(["objective", outcome]);
  });

  it("holds the lost answer of a retry for either: a member or none", async () => {
    const history = healthyHistory();
    change(
      history,
      "observation",
      (e) => e.kind === "counter",
      (e) => ({ ...e, value: e.value! + 10 }),
    );
    expect(decideVerdict(await judge(history)).outcome).toBe("pass");
  });
});

describe.each([
  ["a defect", RED],
  ["a gap", UNKNOWN],
] as const)("%s", (_kind, defects) => {
  it.each(defects)("$name: $check is $outcome", async ({ check, outcome, put }) => {
    const history = healthyHistory();
    put(history);
    const judged = await judge(history);
    const result = judged.checks.find(({ name }) => name === check);
    expect([outcomeOf(result), result?.summary]).toEqual([
      outcome,
      expect.not.stringContaining("the check itself failed"),
    ]);
    expect(decideVerdict(judged).outcome).not.toBe("pass");
  });
});

it("has seen every check red, and every check without occasion or unknown", () => {
  const seen = (defects: Defect[]) => new Set(defects.flatMap(({ check, also = [] }) => [check, ...also]));
  const all = [
    ...[
      "reads-own",
      "ids-unique",
      "acks-durable",
      "no-ghost-id",
      "once-per-person",
      "ids-well-formed",
      "refusals-honest",
    ],
    ...["sessions-bound", "responses-private", "telemetry-clean", "accounting"],
  ];
  expect(all.filter((name) => !seen(RED).has(name))).toEqual([]);
  expect(all.filter((name) => !seen(UNKNOWN).has(name))).toEqual([]);
});
