import {
  BLANK,
  change,
  type Defect,
  DOUBLE_TAPPER,
  isAcked,
  isReadBack,
  KEY_SECOND,
  observed,
  PAIR_FIRST,
  PLAIN,
  recountRows,
  requests,
  strangers,
  waitsAndComesBack,
  withoutRowOf,
} from "./change-history.ts";
import { memberIdOf, observation, RUN_TAG, request } from "./history-builder.ts";

/** What one answer in a crowd must not do. */
export const DEFECTS: Defect[] = [
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
    name: "a redirect to another host names somebody else",
    check: "reads-own",
    outcome: "fail",
    put: (h) =>
      requests(
        h,
        (e) => e.purpose === "re-read",
        {
          ...BLANK,
          class: "indeterminate",
          reason: "redirect-elsewhere",
          status: null,
          foreign: [{ ...strangers(21)[0]!, place: "header:location" }],
        },
        1,
      ),
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
