import {
  BLANK,
  change,
  type Defect,
  isReadBack,
  isSignUp,
  observed,
  PLAIN,
  requests,
  withoutRowOf,
  withoutRows,
} from "./change-history.ts";
import { observation } from "./history-builder.ts";

const LOST = { class: "indeterminate", status: null, bodyBytes: 0 } as const;

/** Nothing seen, or something in the way: never a pass. */
export const GAPS: Defect[] = [
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
    name: "one answer that is too large to be searched, read by somebody who read their own before",
    check: "reads-own",
    outcome: "unknown",
    put: (h) => requests(h, (e) => e.purpose === "re-read", { ...BLANK, ...LOST, reason: "too-large" }, 1),
  },
  {
    name: "one answer whose body cannot be unpacked",
    check: "reads-own",
    outcome: "unknown",
    put: (h) => requests(h, (e) => e.purpose === "re-read", { ...BLANK, ...LOST, reason: "bad-http" }, 1),
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
