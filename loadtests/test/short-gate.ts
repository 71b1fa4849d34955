import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { Outcome } from "../src/verdict/verdict.ts";
import { type Desk, openDesk, type Running, readVerdict } from "./command-line.ts";

export const RUN_MS_MAX = 180_000;

/** A campaign of six seconds, for tests of what watches it. */
const CAMPAIGN = `claim: wiring
arrivals:
  pieces:
    - { name: trickle, shape: constant, seconds: 6, perSecond: 10 }
thinkTimes: { betweenSteps: { kind: constant, seconds: 0.05 } }
drainSeconds: 1
readBackSeconds: 1
`;

/** A desk for each test, and gates at it that leave neither processes nor folders behind. */
export interface ShortGate {
  readonly desk: Desk;
  /** Into the run folder `run`, where no other is named. */
  start(args: string[], env?: Record<string, string>): Running;
  /** What the run's verdict says of those who watched. */
  watching(run?: string): Watching;
}

export interface Watching {
  outcome: Outcome;
  summary: string | undefined;
  /** Null: not judged. */
  judged: Outcome | null;
}

export function createShortGate(): ShortGate {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
    writeFileSync(join(desk.path, "short.yaml"), CAMPAIGN);
  });
  afterEach(async () => {
    const left = { processes: await desk.processesAfter(15), folders: desk.temporary() };
    await desk.close();
    expect(left).toEqual({ processes: [], folders: [] });
  });
  return {
    get desk() {
      return desk;
    },
    start(args, env = {}) {
      return desk.start(["gate", "short.yaml", "--engine", "embedded", "--out", "run", ...args], { env });
    },
    watching(run = "run") {
      const { outcome, checks } = readVerdict(join(desk.path, run));
      const check = checks.find(({ name }) => name === "watching");
      return { outcome, summary: check?.summary, judged: check?.judged === true ? check.outcome : null };
    },
  };
}
