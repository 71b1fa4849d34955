import { expect, it } from "vitest";
import type { Looked } from "./judge-history.ts";
import { decideProbe, type ProbeCourse } from "./probe-verdict.ts";

const looked = (outcome: Looked["outcome"]): Looked => ({
  check: "ids-unique",
  outcome,
  summary: "seen",
  findings: [],
});

const course = (changes: Partial<ProbeCourse> = {}): ProbeCourse => ({
  probe: "cp-0123456789abc",
  target: "mine",
  startedAt: "2026-12-04T10:00:00Z",
  endedAt: "2026-12-04T11:00:00Z",
  visitors: { acknowledged: 300 },
  sawTheirOwn: { visitors: 300, answers: 900 },
  violations: {},
  blindSeconds: 0,
  blankAnswers: 0,
  checks: [looked("pass")],
  peopleLeft: 0,
  blind: null,
  ...changes,
});

const nobodySaw = { visitors: 0, answers: 0 };

interface Case {
  name: string;
  changes: Partial<ProbeCourse>;
  outcome: string;
  says: RegExp;
}

const CASES: Case[] = [
  {
    name: "nothing found",
    changes: {},
    outcome: "pass",
    says: /^300 visitors .* with 95 % one that hits 1 in 100/,
  },
  {
    name: "not judged is no doubt",
    changes: { checks: [looked("not judged")] },
    outcome: "pass",
    says: /300/,
  },
  {
    name: "blank answers",
    changes: { blankAnswers: 2 },
    outcome: "pass",
    says: /2 answers had nothing of their reader/,
  },
  {
    name: "once red is red",
    changes: { violations: { "reads-own": 1 } },
    outcome: "fail",
    says: /reads-own failed 1 time$/,
  },
  {
    name: "red is red also where nothing is seen any more",
    changes: { violations: { "acks-durable": 1_200 }, blind: "3 halted" },
    outcome: "fail",
    says: /acks-durable failed 1,200 times/,
  },
  {
    name: "nobody sent",
    changes: { visitors: {}, sawTheirOwn: nobodySaw },
    outcome: "unknown",
    says: /nobody was sent/,
  },
  {
    name: "nothing ever seen",
    changes: { visitors: { refused: 9 }, sawTheirOwn: nobodySaw, blind: "9 refused" },
    outcome: "unknown",
    says: /none of 9 visitors was shown their own data, so nothing could be seen: 9 refused/,
  },
  {
    name: "nothing seen at last",
    changes: { blind: "4 failed" },
    outcome: "unknown",
    says: /at the end .*: 4 failed/,
  },
  { name: "never judged", changes: { checks: [] }, outcome: "unknown", says: /never judged/ },
  {
    name: "a check in doubt",
    changes: { checks: [looked("unknown")] },
    outcome: "unknown",
    says: /^ids-unique: seen/,
  },
];

it.each(CASES)("$name: $outcome", ({ changes, outcome, says }) => {
  const verdict = decideProbe(course(changes));
  expect(verdict.outcome).toBe(outcome);
  expect(verdict.reasons[0]).toMatch(says);
});

it("never says that a leak would have been seen for certain", () => {
  const { sentence } = decideProbe(course({ sawTheirOwn: { visitors: 1e9, answers: 1e9 } }));
  expect(sentence).not.toContain("100 %");
});
