import { cp } from "node:fs/promises";
import { join } from "node:path";
import { PROBE_CHECKS } from "../../../monitoring/catalogue/closed-sets.ts";
import { countPositives, type Looked, lookAtHistory } from "./judge-history.ts";
import { KEPT_FINDINGS_MAX } from "./limits.ts";
import type { Origin } from "./numbering.ts";
import type { ProbeOptions } from "./probe-options.ts";
import type { Cycle } from "./send-cycle.ts";
import type { Sight } from "./sight.ts";
import { writeSlidingHistory } from "./sliding-history.ts";
import type { Tell } from "./status-line.ts";

/** Looks at the history as a whole, once in a cycle. */
export interface Looker {
  look(cycles: readonly Cycle[]): Promise<void>;
  /** What the last look said. */
  last(): Looked[];
}

type LookerOptions = Pick<
  ProbeOptions,
  "probeId" | "canaryKey" | "folder" | "metrics" | "findings" | "tell"
> & {
  sight: Sight;
  nowSeconds(): number;
};

export function createLooker(options: LookerOptions): Looker {
  const { folder, metrics, findings, sight, nowSeconds, tell } = options;
  const counted = new WeakSet<Cycle>();
  /** Everybody of a red history: what they show has been told, and is not told with each look. */
  const spent = new Map<string, Set<number>>();
  let last: Looked[] = [];
  let toldAtOnce = 0;
  let kept = 0;

  const tellUnknown = () => {
    const isBlind = sight.blind() !== null;
    for (const check of PROBE_CHECKS) {
      const outcome = last.find((looked) => looked.check === check)?.outcome ?? "unknown";
      const isUnknown = outcome === "unknown" || (isBlind && outcome !== "not judged");
      metrics.set("crowdproof_probe_unknown", { check }, isUnknown ? 1 : 0);
    }
  };
  tellUnknown();

  const countEnded = async (cycles: readonly Cycle[]) => {
    for (const cycle of cycles.filter((one) => one.isEnded && !counted.has(one))) {
      counted.add(cycle);
      for (const [check, observed] of await countPositives(cycle.dir)) {
        // Counted as each answer arrived.
        if (check !== "reads-own") metrics.add("crowdproof_probe_positive_total", { check }, observed);
      }
    }
  };

  /** What was told as it arrived is not told again; what only the history shows (a mail's member ID) is. */
  const tellFailed = (failed: readonly Looked[]) => {
    const times = findings.times()["reads-own"] ?? 0;
    const isNew = times === toldAtOnce;
    toldAtOnce = times;
    for (const looked of failed) if (looked.check !== "reads-own" || isNew) findings.failed(looked);
    toldAtOnce = findings.times()["reads-own"] ?? 0;
  };

  return {
    async look(cycles) {
      await countEnded(cycles);
      const history = await writeSlidingHistory(folder.lookDir, cycles, {
        runId: options.probeId,
        canaryKey: options.canaryKey,
        isSpent: ({ runId, visitor }) => spent.get(runId)?.has(visitor) ?? false,
        atSeconds: nowSeconds(),
      });
      if (history !== null) {
        last = await lookAtHistory(folder.lookDir, history.origins);
        const failed = last.filter(({ outcome }) => outcome === "fail");
        tellFailed(failed);
        if (failed.length > 0) {
          spend(spent, history.origins, cycles);
          if (kept < KEPT_FINDINGS_MAX) await keepFinding(folder.lookDir, folder.findingDir(++kept), tell);
        }
      }
      tellUnknown();
    },
    last: () => last,
  };
}

function spend(spent: Map<string, Set<number>>, origins: readonly Origin[], cycles: readonly Cycle[]): void {
  const inWindow = new Set(cycles.map(({ plan }) => plan.runId));
  for (const runId of spent.keys()) if (!inWindow.has(runId)) spent.delete(runId);
  for (const { runId, visitor } of origins) {
    const ofRun = spent.get(runId) ?? new Set();
    spent.set(runId, ofRun.add(visitor));
  }
}

/** A red history with its report, as a gate leaves it; it may be judged again. */
async function keepFinding(lookDir: string, dir: string, tell: Tell): Promise<void> {
  await cp(lookDir, dir, { recursive: true });
  const { judgeRun } = await import("../gate.ts");
  await judgeRun(dir);
  tell("report", join(dir, "report.html"));
}
