import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { healthyHistory, RUN_TAG, writeRun } from "../../test/history-builder.ts";
import { checkHistory } from "../checks/check-history.ts";
import type { Event, RequestEvent } from "../events/event.ts";
import { BEHAVIOURS } from "../plan/plan.ts";
import { foreignDataIn } from "./foreign-data.ts";

let dir: string;
let runs = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-foreign-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** What may be wrong with an answer, and what only looks so. */
const defect = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("other", "older run", "first of the group", "mismatched", "control"),
  field: fc.constantFrom("email", "latinName"),
});

/** Each look costs the better part of a second, on a busy machine several. */
const MS_MAX = 120_000;

it("says of each answer as it arrives what the check says of the history", { timeout: MS_MAX }, async () => {
  const { plan, events } = healthyHistory({ visitors: 42 });
  const answers = events.flatMap((event, at) => (event.type === "request" ? [at] : []));
  const ofPairs = answers.filter((at) => {
    const event = events[at];
    return event?.type === "request" && BEHAVIOURS[plan.arrivals.behaviour[event.visitor] ?? 0] === "pair";
  });
  await fc.assert(
    // At most as many as a verdict shows rows of.
    fc.asyncProperty(fc.array(defect, { minLength: 8, maxLength: 18 }), async (defects) => {
      const broken = [...events];
      for (const { at, kind, field } of defects) {
        const among = kind === "first of the group" ? ofPairs : answers;
        const index = among[at % among.length]!;
        broken[index] = spoil(broken[index] as RequestEvent, kind, field);
      }
      const folder = await writeRun(join(dir, String(runs++)), { plan, events: broken });
      const check = (await checkHistory(folder)).checks.find(({ name }) => name === "reads-own");
      const seen = broken.flatMap((event: Event) =>
        foreignDataIn(event, plan, RUN_TAG) === null || event.type !== "request" ? [] : [nameOf(event)],
      );
      expect(new Set(seen)).toEqual(new Set(check?.evidence.filter(isViolation).map(nameOf)));
      expect(check?.judged === true && check.outcome === "fail").toBe(seen.length > 0);
      await rm(folder, { recursive: true });
    }),
    { numRuns: 4 },
  );

  function spoil(event: RequestEvent, kind: string, field: "email" | "latinName"): RequestEvent {
    const canary = { runTag: RUN_TAG, visitor: 0, field, place: "json:/x" };
    switch (kind) {
      case "other":
        return { ...event, foreign: [{ ...canary, visitor: event.visitor + 1 }] };
      case "older run":
        return { ...event, foreign: [{ ...canary, runTag: RUN_TAG + 1 }] };
      case "first of the group":
        return { ...event, foreign: [{ ...canary, visitor: plan.arrivals.group[event.visitor] ?? 0 }] };
      case "mismatched":
        return { ...event, mismatched: ["birthDate"] };
      default:
        return { ...event, foreign: [canary], control: "swapped-answer" };
    }
  }
});

const isViolation = (row: Record<string, unknown>) => "visitor" in row;
const nameOf = ({ visitor, request }: Record<string, unknown> | RequestEvent) => `${visitor} ${request}`;
