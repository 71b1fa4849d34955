import { describe, expect, test } from "vitest";
import { createRandom } from "../arrivals/random.ts";
import type { Behaviour, Plan } from "../plan/plan.ts";
import { type AnswerClass, STEP_ROLES, type Step, type StepRole } from "../target/target.ts";
import { type Answer, type Move, type StepsByRole, type VisitContext, visit } from "./visit.ts";

const SECOND = 1_000_000;

function step(role: StepRole, name: string = role): Step {
  return {
    name,
    role,
    method: "GET",
    path: "/",
    headers: {},
    redirects: 0,
    timeoutSeconds: 1,
    captures: {},
    means: {},
    fields: {},
  };
}

function stepsOf(...steps: Step[]): StepsByRole {
  const entries = STEP_ROLES.map((role) => [role, steps.filter((one) => one.role === role)]);
  return Object.fromEntries(entries) as Record<StepRole, Step[]>;
}

const WHOLE = stepsOf(
  step("prepare"),
  step("sign-up"),
  step("come-back"),
  step("verify"),
  step("sign-in"),
  step("read-own"),
);
const SHORT = stepsOf(step("sign-up"), step("read-own"));

function contextOf(over: Partial<VisitContext> & { isHttpReadBack?: boolean } = {}): VisitContext {
  const { isHttpReadBack = false, ...rest } = over;
  const plan = {
    durationSeconds: 10,
    drainSeconds: 5,
    readBackSeconds: 2,
    thinkTimes: {
      betweenSteps: { kind: "constant", seconds: 1 },
      patience: { kind: "constant", seconds: 3 },
      beforeRetry: { kind: "constant", seconds: 2 },
    },
    limits: { comeBacksMax: 2 },
    target: {
      readBack: { visibleWithinSeconds: 0, http: isHttpReadBack },
      idempotencyHeader: "Idempotency-Key",
    },
  } as unknown as Plan;
  const behaviour: Behaviour = "plain";
  const random = createRandom(1, "visit.test");
  return { plan, behaviour, visitor: 0, steps: SHORT, random, hasPartnerFor: () => true, ...rest };
}

type Scripted = AnswerClass | Partial<Answer>;

/** Runs a visit against answers in the order of the sendings; what it did reads like a diary. */
function live(context: VisitContext, script: Scripted[]): { diary: string[]; ending: string } {
  const moves = visit(context);
  const diary: string[] = [];
  let now = 0;
  let answers: Answer[] = [];
  for (let next = moves.next(answers); ; next = moves.next(answers)) {
    if (next.done) return { diary, ending: next.value };
    const move: Move = next.value;
    diary.push(entryOf(move));
    if (move.kind === "pause") now += move.seconds * SECOND;
    if (move.kind === "pause-until") now = move.microseconds;
    if (move.kind === "send") answers = move.sendings.map(() => answerOf(script.shift(), now));
  }
}

function answerOf(scripted: Scripted | undefined, endedMicroseconds: number): Answer {
  if (scripted === undefined) throw new Error("the visitor sent more than the script answers");
  const answer = typeof scripted === "string" ? { class: scripted } : scripted;
  return { class: "failed", retryAfterSeconds: null, endedMicroseconds, ...answer };
}

function entryOf(move: Move): string {
  if (move.kind === "pause") return `pause ${move.seconds}`;
  if (move.kind === "pause-until") return `until ${move.microseconds / SECOND}`;
  return move.sendings
    .map(({ step: { name }, purpose, session, input, abandonAfterSeconds, keeps, uses }) =>
      [
        name,
        purpose === "journey" ? "" : purpose,
        session === "own" ? "" : `session=${session}`,
        input === "own" ? "" : input,
        abandonAfterSeconds === null ? "" : `drops`,
        keeps === "kept" ? "" : `keeps=${keeps}`,
        uses === "kept" ? "" : `uses=${uses}`,
      ]
        .filter(Boolean)
        .join(" "),
    )
    .join(" + ");
}

interface Row {
  name: string;
  behaviour?: Behaviour;
  steps?: StepsByRole;
  isHttpReadBack?: boolean;
  /** Random numbers in the order they are drawn. */
  draws?: number[];
  hasPartner?: boolean;
  answers: Scripted[];
  diary: string[];
  ending: string;
}

const waiting = (retryAfterSeconds: number | null): Scripted => ({ class: "waiting", retryAfterSeconds });

const ROWS: Row[] = [
  {
    name: "goes the whole way, with pauses between the steps",
    steps: WHOLE,
    answers: ["served", "acknowledged", "served", "served", "served"],
    diary: [
      "prepare",
      "pause 1",
      "sign-up",
      "pause 1",
      "verify",
      "pause 1",
      "sign-in",
      "pause 1",
      "read-own",
    ],
    ending: "member",
  },
  {
    name: "stops where it is not let through",
    steps: WHOLE,
    answers: ["served", "refused"],
    diary: ["prepare", "pause 1", "sign-up"],
    ending: "refused",
  },
  {
    name: "stays a member when a later step fails, and still reads back",
    steps: WHOLE,
    isHttpReadBack: true,
    answers: ["served", "acknowledged", "failed", "served"],
    diary: [
      "prepare",
      "pause 1",
      "sign-up",
      "pause 1",
      "verify",
      "until 15",
      "read-own read-back keeps=nothing",
    ],
    ending: "member",
  },
  {
    name: "becomes a member by the step that acknowledges, also where that is verifying",
    steps: WHOLE,
    answers: ["served", "served", "acknowledged", "served", "served"],
    diary: [
      "prepare",
      "pause 1",
      "sign-up",
      "pause 1",
      "verify",
      "pause 1",
      "sign-in",
      "pause 1",
      "read-own",
    ],
    ending: "member",
  },
  { name: "is lost with its answer", answers: ["indeterminate"], diary: ["sign-up"], ending: "lost" },
  { name: "ends as halted", answers: ["halted"], diary: ["sign-up"], ending: "halted" },
  {
    name: "comes back at the told time and is let in",
    steps: WHOLE,
    answers: ["served", waiting(4), waiting(3), "acknowledged", "served", "served", "served"],
    diary: [
      "prepare",
      "pause 1",
      "sign-up",
      "until 5",
      "come-back come-back",
      "until 8",
      "come-back come-back",
      "pause 1",
      "verify",
      "pause 1",
      "sign-in",
      "pause 1",
      "read-own",
    ],
    ending: "member",
  },
  {
    name: "signs up again where the target has no step for coming back",
    answers: [waiting(4), "acknowledged", "served"],
    diary: ["sign-up", "until 4", "sign-up come-back", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "is still waiting when it is told to come after the drain",
    answers: [waiting(15.1)],
    diary: ["sign-up"],
    ending: "still-waiting",
  },
  {
    name: "comes back at the drain's very end",
    answers: [waiting(15), "refused"],
    diary: ["sign-up", "until 15", "sign-up come-back"],
    ending: "refused",
  },
  {
    name: "gives up after the attempts allowed",
    answers: [waiting(1), waiting(1), waiting(1)],
    diary: ["sign-up", "until 1", "sign-up come-back", "until 2", "sign-up come-back"],
    ending: "gave-up",
  },
  {
    name: "comes back after five seconds where no time is told",
    answers: [waiting(null), "refused"],
    diary: ["sign-up", "until 5", "sign-up come-back"],
    ending: "refused",
  },
  {
    name: "taps twice at the same instant and goes by the better answer",
    behaviour: "double-tap",
    answers: ["rejected", "acknowledged", "served"],
    diary: ["sign-up + sign-up double-tap", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "retries with the first answer thrown away",
    behaviour: "retry",
    draws: [0.9, 0.9],
    answers: ["acknowledged", "acknowledged", "served"],
    diary: ["sign-up abandoned keeps=shelved", "pause 2", "sign-up retry", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "retries after its connection was dropped, again while answers are lost",
    behaviour: "retry",
    draws: [0.1, 0.5, 0.9],
    answers: ["indeterminate", "indeterminate", "acknowledged", "served"],
    diary: [
      "sign-up abandoned drops keeps=shelved",
      "pause 2",
      "sign-up retry",
      "pause 2",
      "sign-up retry",
      "pause 1",
      "read-own",
    ],
    ending: "member",
  },
  {
    name: "is lost after three lost retries",
    behaviour: "retry",
    draws: [0.1, 0.5],
    answers: ["indeterminate", "indeterminate", "indeterminate", "indeterminate"],
    diary: [
      "sign-up abandoned drops keeps=shelved",
      "pause 2",
      "sign-up retry",
      "pause 2",
      "sign-up retry",
      "pause 2",
      "sign-up retry",
    ],
    ending: "lost",
  },
  {
    name: "reads back by the session that was thrown away, where the retry is turned down",
    behaviour: "retry",
    isHttpReadBack: true,
    draws: [0.9],
    answers: ["acknowledged", "rejected", "served"],
    diary: [
      "sign-up abandoned keeps=shelved",
      "pause 2",
      "sign-up retry",
      "until 15",
      "read-own read-back keeps=nothing uses=shelved",
    ],
    ending: "rejected",
  },
  {
    name: "sends another body under its key after some retries",
    behaviour: "retry",
    draws: [0.9, 0.1],
    answers: ["acknowledged", "acknowledged", "rejected", "served"],
    diary: [
      "sign-up abandoned keeps=shelved",
      "pause 2",
      "sign-up retry",
      "pause 1",
      "sign-up other-body other keeps=nothing",
      "pause 1",
      "read-own",
    ],
    ending: "member",
  },
  {
    name: "drops the connection when its patience ends, and never comes back",
    behaviour: "impatient",
    answers: ["indeterminate"],
    diary: ["sign-up abandoned drops"],
    ending: "gave-up",
  },
  {
    name: "goes on when the answer comes before its patience ends",
    behaviour: "impatient",
    answers: ["acknowledged", "served"],
    diary: ["sign-up abandoned drops", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "corrects what was rejected",
    behaviour: "invalid-input",
    answers: ["rejected", "acknowledged", "served"],
    diary: ["sign-up invalid-input broken", "pause 1", "sign-up", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "is a member by its broken input where the target takes it",
    behaviour: "invalid-input",
    answers: ["acknowledged", "served"],
    diary: ["sign-up invalid-input broken", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "reads its profile again under way",
    behaviour: "re-reader",
    draws: [0],
    answers: ["acknowledged", "served", "served", "served"],
    diary: ["sign-up", "pause 1", "read-own", "pause 1", "read-own re-read", "pause 1", "read-own re-read"],
    ending: "member",
  },
  {
    name: "reads without a session, and keeps nothing of the answer",
    behaviour: "no-session",
    answers: ["acknowledged", "served", "denied"],
    diary: ["sign-up", "pause 1", "read-own", "pause 1", "read-own session-check session=none keeps=nothing"],
    ending: "member",
  },
  {
    name: "reads with a forged session",
    behaviour: "forged-session",
    answers: ["acknowledged", "served", "denied"],
    diary: [
      "sign-up",
      "pause 1",
      "read-own",
      "pause 1",
      "read-own session-check session=forged keeps=nothing",
    ],
    ending: "member",
  },
  {
    name: "asks for another member where a step names one",
    behaviour: "other-session",
    answers: ["acknowledged", "served", "absent"],
    diary: [
      "sign-up",
      "pause 1",
      "read-own",
      "pause 1",
      "read-own session-check session=other keeps=nothing",
    ],
    ending: "member",
  },
  {
    name: "asks for nobody else where no step names one",
    behaviour: "other-session",
    hasPartner: false,
    answers: ["acknowledged", "served"],
    diary: ["sign-up", "pause 1", "read-own"],
    ending: "member",
  },
  {
    name: "looks a second time where it is not found when read back",
    isHttpReadBack: true,
    answers: ["acknowledged", "served", "absent", "served"],
    diary: [
      "sign-up",
      "pause 1",
      "read-own",
      "until 15",
      "read-own read-back keeps=nothing",
      "pause 1",
      "read-own read-back keeps=nothing",
    ],
    ending: "member",
  },
];

describe("a visitor", () => {
  test.each(ROWS)("$name", (row) => {
    const { behaviour = "plain", steps = SHORT, isHttpReadBack = false, hasPartner = true } = row;
    const draws = [...(row.draws ?? [])];
    const random = () => {
      const draw = draws.shift();
      if (draw === undefined) throw new Error("the visitor drew more than the row says");
      return draw;
    };
    const context = contextOf({ behaviour, steps, isHttpReadBack, random, hasPartnerFor: () => hasPartner });
    expect(live(context, [...row.answers])).toEqual({ diary: row.diary, ending: row.ending });
    expect(draws).toEqual([]);
  });

  test("reads back spread over the read-back phase", () => {
    const untils = Array.from({ length: 1_000 }, (_value, visitor) => {
      const context = contextOf({ visitor, isHttpReadBack: true });
      const { diary } = live(context, ["acknowledged", "served", "served"]);
      return Number(diary.find((entry) => entry.startsWith("until"))?.slice("until ".length));
    });
    const perTenth = Array.from({ length: 10 }, (_value, tenth) => {
      const from = 15 + tenth * 0.2;
      return untils.filter((until) => until >= from && until < from + 0.2).length;
    });
    for (const count of perTenth) expect(Math.abs(count - 100)).toBeLessThanOrEqual(3);
  });
});
