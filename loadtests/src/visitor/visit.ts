import type { Ending, RequestEvent, RequestPurpose } from "../events/event.ts";
import type { Behaviour, Plan } from "../plan/plan.ts";
import type { AnswerClass, Step, StepRole } from "../target/target.ts";
import { drawSeconds } from "./draw-seconds.ts";

/** What a visitor does next. Several sendings of one move leave at the same instant. */
export type Move =
  | { kind: "send"; sendings: Sending[] }
  | { kind: "pause"; seconds: number }
  | { kind: "pause-until"; microseconds: number };

/** One request as the visitor wants it; who drives the visitor fills the templates and sends it. */
export interface Sending {
  step: Step;
  purpose: RequestPurpose;
  phase: RequestEvent["phase"];
  session: RequestEvent["session"];
  /** `broken`: a field no target takes, under a key of its own; `other`: another person's small fields, same key. */
  input: "own" | "broken" | "other";
  abandonAfterSeconds: number | null;
  /** Cookies and captured values that are sent. `shelved`: those of the answer that was thrown away. */
  uses: "kept" | "shelved";
  /** Where the answer's cookies and captured values go. */
  keeps: "kept" | "shelved" | "nothing";
}

/** What a visitor is told about an answer. */
export interface Answer {
  class: AnswerClass;
  retryAfterSeconds: number | null;
  endedMicroseconds: number;
}

export interface VisitContext {
  plan: Plan;
  behaviour: Behaviour;
  visitor: number;
  steps: StepsByRole;
  /** The visitor's own stream. */
  random: () => number;
  /** Whether somebody is known whose member ID this step could name in the place of one's own. */
  hasPartnerFor(step: Step): boolean;
}

export type StepsByRole = Readonly<Record<StepRole, readonly Step[]>>;

/** Of a retry's first answers, the share whose connection is dropped; the others are read and thrown away. */
const DROPPED_SHARE = 0.5;
/** So that drops fall before, into and after the work of a service that takes milliseconds. */
const DROP_SECONDS_MAX = 0.02;
/** Only lost answers are retried again; three tries are what mobile clients commonly make. */
const RETRIES_MAX = 3;
/** Of the retries that became members, the share that then sends another body under its key. */
const OTHER_BODY_SHARE = 0.25;
const RE_READS_MIN = 2;
const RE_READS_MAX = 4;
/** Where a waiting answer names no time; that it names none is for the checks. */
const COME_BACK_SECONDS_DEFAULT = 5;
/** A second look tells a member who is late, or a lost answer, from a member who is missing. */
const READ_BACKS_MAX = 2;
const READ_BACK_AGAIN_SECONDS_MIN = 1;
/** Fraction of the golden ratio: consecutive visitors fall far apart, any number of them evenly. */
const GOLDEN_FRACTION = 0.6180339887498949;

type Visit<Result> = Generator<Move, Result, Answer[]>;

/** What the visitor knows of itself under way. */
interface Progress {
  memberSinceMicroseconds: number | null;
  /** The answer that was thrown away was an acknowledgement: there is a member to be read back by its session. */
  shelvedSinceMicroseconds: number | null;
}

/**
 * One visitor, without any I/O: yields what to send or how long to pause, is handed the answers in the order
 * of the sendings, and returns how the visit ended. Runs unchanged in both JavaScript engines.
 */
export function* visit(context: VisitContext): Visit<Ending> {
  const progress: Progress = { memberSinceMicroseconds: null, shelvedSinceMicroseconds: null };
  const ending = yield* journey(context, progress);
  yield* readBack(context, progress);
  return ending;
}

/** prepare → sign-up (→ come-back while waiting) → verify → sign-in → read-own. */
function* journey(context: VisitContext, progress: Progress): Visit<Ending> {
  const { beforeSignUp, afterSignUp } = stretchesOf(context.steps);
  for (const step of beforeSignUp) {
    const answer = yield* sendOne(progress, ordinary(step));
    if (!isThrough(answer)) return ENDINGS_BY_CLASS[answer.class];
    yield thinking(context);
  }
  const stopped = yield* becomeMember(context, progress);
  if (stopped !== null) return stopped;
  for (const step of afterSignUp) {
    yield thinking(context);
    const answer = yield* sendOne(progress, ordinary(step));
    if (!isThrough(answer)) return isMember(progress) ? "member" : ENDINGS_BY_CLASS[answer.class];
  }
  yield* readOwn(context, progress);
  return isMember(progress) ? "member" : "failed";
}

interface Stretches {
  beforeSignUp: readonly Step[];
  afterSignUp: readonly Step[];
}

const stretchesByRoles = new WeakMap<StepsByRole, Stretches>();

/** The same for every visitor: joined once. */
function stretchesOf(steps: StepsByRole): Stretches {
  const known = stretchesByRoles.get(steps);
  if (known) return known;
  const stretches = {
    beforeSignUp: [...steps.prepare, ...steps["sign-up"].slice(0, -1)],
    afterSignUp: [...steps.verify, ...steps["sign-in"]],
  };
  stretchesByRoles.set(steps, stretches);
  return stretches;
}

/** The last sign-up step, as this behaviour does it; null = go on. */
function* becomeMember(context: VisitContext, progress: Progress): Visit<Ending | null> {
  const step = context.steps["sign-up"].at(-1);
  if (step === undefined) return null;
  let answer = yield* signUp(context, progress, step);
  for (let comeBacks = 0; answer.class === "waiting"; comeBacks++) {
    const toldSeconds = answer.retryAfterSeconds ?? COME_BACK_SECONDS_DEFAULT;
    const toldMicroseconds = answer.endedMicroseconds + toMicroseconds(toldSeconds);
    if (toldMicroseconds > waitEndMicroseconds(context.plan)) return "still-waiting";
    if (comeBacks >= context.plan.limits.comeBacksMax) return "gave-up";
    yield { kind: "pause-until", microseconds: toldMicroseconds };
    answer = yield* comeBack(context, progress, step);
  }
  if (context.behaviour === "impatient" && answer.class === "indeterminate") return "gave-up";
  if (!isThrough(answer)) return ENDINGS_BY_CLASS[answer.class];
  if (context.behaviour === "retry") yield* sendOtherBody(context, progress, step);
  return null;
}

function* signUp(context: VisitContext, progress: Progress, step: Step): Visit<Answer> {
  switch (context.behaviour) {
    case "double-tap":
      return mostTelling(
        yield* send(progress, [ordinary(step), { ...ordinary(step), purpose: "double-tap" }]),
      );
    case "retry":
      return yield* signUpAgain(context, progress, step);
    case "impatient": {
      const patience = drawSeconds(context.plan.thinkTimes.patience, context.random);
      return yield* sendOne(progress, {
        ...ordinary(step),
        purpose: "abandoned",
        abandonAfterSeconds: patience,
      });
    }
    case "invalid-input": {
      const answer = yield* sendOne(progress, {
        ...ordinary(step),
        purpose: "invalid-input",
        input: "broken",
      });
      if (answer.class !== "rejected") return answer;
      yield thinking(context);
      return yield* sendOne(progress, ordinary(step));
    }
    default:
      return yield* sendOne(progress, ordinary(step));
  }
}

/** The first answer never reaches the person; then the same key and body again. */
function* signUpAgain(context: VisitContext, progress: Progress, step: Step): Visit<Answer> {
  const isDropped = context.random() < DROPPED_SHARE;
  const [first] = yield* send(progress, [
    {
      ...ordinary(step),
      purpose: "abandoned",
      abandonAfterSeconds: isDropped ? context.random() * DROP_SECONDS_MAX : null,
      keeps: "shelved",
    },
  ]);
  let answer = first as Answer;
  for (let retries = 0; retries < RETRIES_MAX; retries++) {
    yield { kind: "pause", seconds: drawSeconds(context.plan.thinkTimes.beforeRetry, context.random) };
    answer = yield* sendOne(progress, { ...ordinary(step), purpose: "retry" });
    if (answer.class !== "indeterminate") return answer;
  }
  return answer;
}

/** Expected to be rejected; whatever it answers changes nothing for the visitor. */
function* sendOtherBody(context: VisitContext, progress: Progress, step: Step): Visit<void> {
  const isAsked = context.random() < OTHER_BODY_SHARE;
  if (!isAsked || context.plan.target.idempotencyHeader === undefined || !isMember(progress)) return;
  yield thinking(context);
  yield* send(progress, [{ ...ordinary(step), purpose: "other-body", input: "other", keeps: "nothing" }]);
}

/** Targets without a step of their own for it are sent the signup again, under the same key. */
function* comeBack(context: VisitContext, progress: Progress, signUpStep: Step): Visit<Answer> {
  const declared = context.steps["come-back"];
  let answer: Answer | null = null;
  for (const step of declared.length > 0 ? declared : [signUpStep]) {
    answer = yield* sendOne(progress, { ...ordinary(step), purpose: "come-back" });
    if (answer.class !== "served") return answer;
  }
  return answer as Answer;
}

function* readOwn(context: VisitContext, progress: Progress): Visit<void> {
  const { behaviour, random } = context;
  const steps = context.steps["read-own"];
  yield* readEach(context, progress, steps, ordinary);
  if (!isMember(progress)) return;
  if (behaviour === "re-reader") {
    const reReads = RE_READS_MIN + Math.floor(random() * (RE_READS_MAX - RE_READS_MIN + 1));
    for (let reRead = 0; reRead < reReads; reRead++) {
      yield* readEach(context, progress, steps, (step) => ({ ...ordinary(step), purpose: "re-read" }));
    }
  }
  const session = SESSIONS_CHECKED[behaviour];
  if (session === undefined) return;
  const checked = session === "other" ? steps.filter((step) => context.hasPartnerFor(step)) : steps;
  yield* readEach(context, progress, checked, (step) => ({
    ...ordinary(step),
    purpose: "session-check",
    session,
    keeps: "nothing",
  }));
}

const SESSIONS_CHECKED: Partial<Record<Behaviour, RequestEvent["session"]>> = {
  "no-session": "none",
  "forged-session": "forged",
  "other-session": "other",
};

function* readEach(
  context: VisitContext,
  progress: Progress,
  steps: readonly Step[],
  sendingOf: (step: Step) => Sending,
): Visit<void> {
  for (let at = 0; at < steps.length; at++) {
    yield thinking(context);
    yield* sendOne(progress, sendingOf(steps[at]!));
  }
}

/** After the drain, spread over the visitors: is everybody who was acknowledged still there, with what they sent? */
function* readBack(context: VisitContext, progress: Progress): Visit<void> {
  const { plan, steps } = context;
  const since = progress.memberSinceMicroseconds ?? progress.shelvedSinceMicroseconds;
  if (since === null || !plan.target.readBack.http) return;
  const visibleMicroseconds = toMicroseconds(plan.target.readBack.visibleWithinSeconds);
  const spread = (context.visitor * GOLDEN_FRACTION) % 1;
  const dueMicroseconds =
    campaignEndMicroseconds(plan) + Math.floor(spread * toMicroseconds(plan.readBackSeconds));
  yield { kind: "pause-until", microseconds: Math.max(dueMicroseconds, since + visibleMicroseconds) };
  for (const step of steps["read-own"]) {
    for (let readBacks = 1; readBacks <= READ_BACKS_MAX; readBacks++) {
      const [answer] = yield* send(progress, [
        {
          ...ordinary(step),
          purpose: "read-back",
          phase: "read-back",
          uses: isMember(progress) ? "kept" : "shelved",
          keeps: "nothing",
        },
      ]);
      if (answer === undefined || answer.class === "served" || readBacks === READ_BACKS_MAX) break;
      const againSeconds = Math.max(READ_BACK_AGAIN_SECONDS_MIN, plan.target.readBack.visibleWithinSeconds);
      yield { kind: "pause", seconds: againSeconds };
    }
  }
}

/** A move, not a generator of one: each level that a move is handed through costs some 2 µs in k6's engine. */
function thinking({ plan, random }: VisitContext): Move {
  return { kind: "pause", seconds: drawSeconds(plan.thinkTimes.betweenSteps, random) };
}

function* sendOne(progress: Progress, sending: Sending): Visit<Answer> {
  const answers = yield { kind: "send", sendings: [sending] };
  note(progress, sending, answers[0]);
  return answers[0] as Answer;
}

function* send(progress: Progress, sendings: Sending[]): Visit<Answer[]> {
  const answers = yield { kind: "send", sendings };
  for (let at = 0; at < sendings.length; at++) note(progress, sendings[at]!, answers[at]);
  return answers;
}

function note(progress: Progress, { keeps }: Sending, answer: Answer | undefined): void {
  if (answer?.class !== "acknowledged") return;
  if (keeps === "kept") progress.memberSinceMicroseconds ??= answer.endedMicroseconds;
  if (keeps === "shelved") progress.shelvedSinceMicroseconds ??= answer.endedMicroseconds;
}

/** The step as the journey has it. */
export function ordinary(step: Step): Sending {
  return {
    step,
    purpose: "journey",
    phase: "campaign",
    session: "own",
    input: "own",
    abandonAfterSeconds: null,
    uses: "kept",
    keeps: "kept",
  };
}

function isMember(progress: Progress): boolean {
  return progress.memberSinceMicroseconds !== null;
}

function isThrough(answer: Answer): boolean {
  return answer.class === "acknowledged" || answer.class === "served";
}

/** What a person with two answers goes by: the one that lets them in before the one that does not. */
function mostTelling(answers: Answer[]): Answer {
  const sorted = [...answers].sort((one, other) => TELLING.indexOf(one.class) - TELLING.indexOf(other.class));
  return sorted[0] as Answer;
}

const TELLING: AnswerClass[] = [
  "acknowledged",
  "served",
  "waiting",
  "halted",
  "refused",
  "rejected",
  "absent",
  "denied",
  "failed",
  "indeterminate",
];

const ENDINGS_BY_CLASS: Record<AnswerClass, Ending> = {
  acknowledged: "member",
  served: "failed",
  waiting: "still-waiting",
  refused: "refused",
  rejected: "rejected",
  halted: "halted",
  absent: "failed",
  denied: "failed",
  indeterminate: "lost",
  failed: "failed",
};

function campaignEndMicroseconds(plan: Plan): number {
  return toMicroseconds(plan.durationSeconds + plan.drainSeconds);
}

function waitEndMicroseconds(plan: Plan): number {
  return plan.waitEndSeconds === undefined
    ? campaignEndMicroseconds(plan)
    : toMicroseconds(plan.waitEndSeconds);
}

function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6);
}
