import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import type { Asked, Given } from "./exchange.ts";
import { holdAnswers, type Replacement } from "./hold-answers.ts";
import type { GuardKeys } from "./identity.ts";
import { type Access, type AnomalyKind, createJudge, type Finding, type Judgement } from "./judge.ts";
import { withheld } from "./withheld.ts";

/** What the guard found, as it goes to the ledger. No values of anybody. */
export interface Anomaly extends Finding {
  /** UUID; whoever writes it twice has written it once. */
  readonly id: string;
  readonly atMs: number;
}

export interface GuardParts {
  readonly keys: GuardKeys;
  /** `block` withholds; `observe` (never in production) lets everything out and only tells the access ledger. */
  readonly mode: "block" | "observe";
  /** Durable (or spooled) before it resolves; the answer stays blocked whatever happens. */
  record(anomaly: Anomaly): Promise<void>;
  halt(cause: { readonly reason: string; readonly atMs: number }): void;
  count(event: "checked" | "blocked" | "unrecognised", kind?: AnomalyKind): void;
  /** What really left: to the access ledger. */
  served(access: Access): void;
  /** An answer that is not in the table, or a guard that failed: for the log, without a word of the answer. */
  warn(trouble: { readonly route: string; readonly status: number; readonly why: string }): void;
}

/** Stands around the whole service, where its bytes leave. */
export interface Guard {
  around(listener: RequestListener): RequestListener;
}

export function createGuard(parts: GuardParts): Guard {
  const judge = createJudge(parts.keys);
  const warn = limitWarnings(parts.warn);
  function decide(asked: Asked, given: Given): Replacement | Promise<Replacement> | undefined {
    const nowMs = Date.now();
    let judgement: Judgement;
    try {
      judgement = judge(asked, given, nowMs);
    } catch (error) {
      // A guard that fails knows nothing: it must not let go, and it must not halt a campaign either.
      parts.count("unrecognised");
      warn({
        route: "other",
        status: given.status,
        why: error instanceof Error ? error.name : "failed",
      });
      return parts.mode === "block" ? withheld(asked) : undefined;
    }
    parts.count("checked");
    return parts.mode === "block"
      ? act(judgement, asked, { status: given.status, nowMs })
      : observe(judgement);
  }

  function act(judgement: Judgement, asked: Asked, { status, nowMs }: { status: number; nowMs: number }) {
    if (judgement.verdict === "healthy") {
      if (judgement.access !== undefined) parts.served(judgement.access);
      return undefined;
    }
    if (judgement.verdict === "unrecognised") {
      parts.count("unrecognised");
      warn({ route: judgement.route, status, why: judgement.why });
      return withheld(asked);
    }
    return block({ id: randomUUID(), atMs: nowMs, ...judgement.finding }, asked);
  }

  async function block(anomaly: Anomaly, asked: Asked): Promise<Replacement> {
    parts.count("blocked", anomaly.kind);
    parts.halt({ reason: `${anomaly.kind} at ${anomaly.route}`, atMs: anomaly.atMs });
    try {
      await parts.record(anomaly);
    } catch (error) {
      warn({
        route: anomaly.route,
        status: 0,
        why: `not recorded: ${error instanceof Error ? error.name : "failed"}`,
      });
    }
    return withheld(asked);
  }

  function observe(judgement: Judgement): undefined {
    if (judgement.verdict !== "unrecognised" && judgement.access !== undefined)
      parts.served(judgement.access);
  }

  return { around: (listener) => holdAnswers(listener, decide) };
}

/** One line a second for each kind of trouble: met by a crowd it is one piece of news, not ten thousand. */
function limitWarnings(warn: GuardParts["warn"]): GuardParts["warn"] {
  const lastMs = new Map<string, number>();
  return (trouble) => {
    const kind = `${trouble.route} ${trouble.status} ${trouble.why}`;
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) < 1_000) return;
    lastMs.set(kind, nowMs);
    warn(trouble);
  };
}
