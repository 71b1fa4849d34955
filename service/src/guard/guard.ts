import type { RequestListener } from "node:http";
import type { Asked, Given } from "./exchange.ts";
import { holdAnswers, type Replacement } from "./hold-answers.ts";
import type { GuardKeys } from "./identity.ts";
import { type Access, createJudge, type Judgement } from "./judge.ts";
import { createReport, type ReportParts } from "./report-anomaly.ts";
import { withheld } from "./withheld.ts";

export interface GuardParts extends ReportParts {
  readonly keys: GuardKeys;
  /** `block` withholds; `observe` (never in production) lets everything out and only tells the access ledger. */
  readonly mode: "block" | "observe";
  count(event: "checked" | "unrecognised"): void;
  /** What really left: to the access ledger. */
  served(access: Access): void;
}

/** Stands around the whole service, where its bytes leave. */
export interface Guard {
  around(listener: RequestListener): RequestListener;
}

export function createGuard(parts: GuardParts): Guard {
  const judge = createJudge(parts.keys);
  const warn = limitWarnings(parts.warn);
  const report = createReport({ ...parts, warn });
  function decide(
    asked: Asked,
    given: Given,
    isGone: boolean,
  ): Replacement | Promise<Replacement> | undefined {
    const nowMs = Date.now();
    let judgement: Judgement;
    try {
      judgement = judge(asked, given, nowMs);
    } catch (error) {
      // A guard that fails knows nothing: it must not let go, and it must not halt a campaign either.
      parts.count("unrecognised");
      const why = error instanceof Error ? error.name : "failed";
      warn({ route: "other", status: given.status, why }, FAILED[parts.mode]);
      return parts.mode === "block" ? withheld(asked) : undefined;
    }
    parts.count("checked");
    // An answer that reaches nobody shows nobody anything.
    if (judgement.verdict !== "unrecognised" && !isGone) tellServed(judgement);
    return parts.mode === "block" ? act(judgement, asked, { status: given.status, nowMs }) : undefined;
  }

  function act(judgement: Judgement, asked: Asked, { status, nowMs }: { status: number; nowMs: number }) {
    if (judgement.verdict === "healthy") return undefined;
    if (judgement.verdict === "unrecognised") {
      parts.count("unrecognised");
      const trouble = { route: judgement.route, status, why: judgement.why };
      warn(trouble, "the guard withheld an answer that is not in its table");
      return withheld(asked);
    }
    return report(judgement.finding, nowMs).then(() => withheld(asked));
  }

  function tellServed({ verdict, access }: Exclude<Judgement, { verdict: "unrecognised" }>): void {
    const isLeaving = verdict === "healthy" || parts.mode === "observe";
    if (isLeaving && access !== undefined) parts.served(access);
  }

  return { around: (listener) => holdAnswers(listener, decide) };
}

const FAILED = {
  block: "the guard failed at an answer and withheld it",
  observe: "the guard failed at an answer and let it go: it only observes",
} as const;

/** One line a second for each kind of trouble: met by a crowd it is one piece of news, not ten thousand. */
function limitWarnings(warn: GuardParts["warn"]): GuardParts["warn"] {
  const lastMs = new Map<string, number>();
  return (trouble, words) => {
    const kind = `${words} ${trouble.route} ${trouble.status} ${trouble.why}`;
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) < 1_000) return;
    lastMs.set(kind, nowMs);
    warn(trouble, words);
  };
}
