import { dueBy } from "../arrivals/due-by.ts";
import type { Event, RequestEvent } from "../events/event.ts";
import { isExposure } from "../events/is-exposure.ts";
import type { Plan } from "../plan/plan.ts";
import { ANSWER_CLASSES, type AnswerClass } from "../target/target.ts";
import { createOverlapSoFar } from "./overlap-so-far.ts";
import { createRecentLatency } from "./recent-latency.ts";

/** More cells than a terminal has columns; drawn by adding neighbours up. */
export const CURVE_CELLS = 240;

/** How the run stands, from the events so far. Ratios and quantiles are null before there is anything to count. */
export interface Snapshot {
  nowSeconds: number;
  stage: "arrivals" | "drain" | "read-back" | "done";
  /** Of the plan, of everything still to come: arrivals, drain, reading back. */
  leftSeconds: number;
  planned: number;
  due: number;
  started: number;
  underWay: number;
  answers: { class: AnswerClass; count: number }[];
  latencyP50Seconds: number | null;
  latencyP99Seconds: number | null;
  overlapRatio: number | null;
  /** Answers and mails with somebody else's data. */
  exposures: number;
  /** Visitors by the time of the curve; `steady` without the bursts. */
  curve: { due: number[]; started: number[]; steady: number[]; cellsPassed: number };
}

export interface Progress {
  add(event: Event): void;
  /** The latest moment an event spoke of, in microseconds from the run's start. */
  latestMicroseconds(): number;
  snapshot(nowMicroseconds: number): Snapshot;
}

/** Pure and in bounded memory: a clock and a terminal are somebody else's. Control events are left out. */
export function createProgress(plan: Plan): Progress {
  const dueMicroseconds = plan.arrivals.dueMicroseconds;
  const latency = createRecentLatency();
  const overlap = createOverlapSoFar(dueMicroseconds.length);
  const counts = new Map<AnswerClass, number>();
  const curve = {
    due: new Array<number>(CURVE_CELLS).fill(0),
    started: new Array<number>(CURVE_CELLS).fill(0),
    steady: new Array<number>(CURVE_CELLS).fill(0),
  };
  let latest = 0;
  let started = 0;
  let done = 0;
  let exposures = 0;

  const cellOf = (microseconds: number) =>
    Math.min(
      CURVE_CELLS - 1,
      Math.floor((microseconds / 1e6 / Math.max(plan.durationSeconds, 1e-6)) * CURVE_CELLS),
    );
  const count = (cells: number[], microseconds: number) => {
    const cell = Math.max(0, cellOf(microseconds));
    cells[cell] = (cells[cell] ?? 0) + 1;
  };
  dueMicroseconds.forEach((due, visitor) => {
    count(curve.due, due);
    if (plan.arrivals.burst[visitor] === 0) count(curve.steady, due);
  });

  function addRequest(request: RequestEvent): void {
    counts.set(request.class, (counts.get(request.class) ?? 0) + 1);
    if (request.phase !== "campaign") return;
    const due = dueMicroseconds[request.visitor];
    if (request.request === 1 && due !== undefined && request.purpose !== "abandoned") {
      latency.add(request.endedMicroseconds, request.endedMicroseconds - due);
    }
    // As in the check of the claim: bursts and double-taps overlap by construction.
    const isSignup = request.role === "sign-up" || request.role === "come-back";
    if (!isSignup || request.purpose === "double-tap" || plan.arrivals.burst[request.visitor] !== 0) return;
    const {
      visitor,
      sentMicroseconds: sent,
      firstByteMicroseconds: answered,
      endedMicroseconds: ended,
    } = request;
    if (sent !== null) overlap.add({ visitor, sent, answered: answered ?? ended });
  }

  return {
    add(event) {
      if (event.control !== null) return;
      latest = Math.max(latest, momentOf(event));
      if (event.type === "request") addRequest(event);
      if (isExposure(event)) exposures++;
      if (event.type === "done") done++;
      if (event.type !== "arrival") return;
      started++;
      count(curve.started, event.startedMicroseconds);
    },
    latestMicroseconds: () => latest,
    snapshot(nowMicroseconds) {
      const nowSeconds = nowMicroseconds / 1e6;
      return {
        nowSeconds,
        ...stageAt(plan, nowSeconds),
        planned: dueMicroseconds.length,
        due: dueBy(dueMicroseconds, nowMicroseconds),
        started,
        underWay: Math.max(0, started - done),
        answers: ANSWER_CLASSES.flatMap((name) => {
          const of = counts.get(name);
          return of === undefined ? [] : [{ class: name, count: of }];
        }),
        latencyP50Seconds: latency.quantileSeconds(0.5),
        latencyP99Seconds: latency.quantileSeconds(0.99),
        overlapRatio: overlap.ratio(),
        exposures,
        curve: { ...curve, cellsPassed: Math.min(CURVE_CELLS, cellOf(nowMicroseconds) + 1) },
      };
    },
  };
}

function momentOf(event: Event): number {
  switch (event.type) {
    case "arrival":
      return event.startedMicroseconds;
    case "observation":
      return event.atMicroseconds;
    // Of the past, as Prometheus tells it afterwards.
    case "alert":
      return 0;
    default:
      return event.endedMicroseconds;
  }
}

function stageAt(plan: Plan, nowSeconds: number): Pick<Snapshot, "stage" | "leftSeconds"> {
  const drainEnds = plan.durationSeconds + plan.drainSeconds;
  const end = drainEnds + (plan.target.readBack.http ? plan.readBackSeconds : 0);
  const leftSeconds = Math.max(0, end - nowSeconds);
  if (nowSeconds < plan.durationSeconds) return { stage: "arrivals", leftSeconds };
  if (nowSeconds < drainEnds) return { stage: "drain", leftSeconds };
  return { stage: nowSeconds < end ? "read-back" : "done", leftSeconds };
}
