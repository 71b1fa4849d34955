import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkHistory } from "../src/checks/check-history.ts";
import type { RequestEvent } from "../src/events/event.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";
import type { CheckResult, Outcome } from "../src/verdict/verdict.ts";
import {
  BLANK,
  change,
  type Defect,
  DOUBLE_TAPPER,
  isAcked,
  isReadBack,
  KEY_FIRST,
  KEY_SECOND,
  PAIR_FIRST,
  PLAIN,
  recountRows,
  requests,
  WAITING,
  waitsAndComesBack,
} from "./change-history.ts";
import { DEFECTS } from "./defects.ts";
import { GAPS } from "./gaps.ts";
import {
  type History,
  healthyHistory,
  memberIdOf,
  observation,
  RUN_TAG,
  writeRun,
} from "./history-builder.ts";

let dir: string;
let runs = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-checks-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function judge(history: History) {
  return await checkHistory(await writeRun(join(dir, String(runs++)), history));
}

const outcomeOf = (check: CheckResult | undefined): Outcome | "not judged" | undefined =>
  check?.judged === false ? "not judged" : check?.outcome;

describe("a healthy history", () => {
  it("passes, every check with a denominator", async () => {
    const judged = await judge(healthyHistory());
    const outcomes = Object.fromEntries(judged.checks.map((check) => [check.name, outcomeOf(check)]));
    expect(outcomes).toEqual({
      ...Object.fromEntries(judged.checks.map(({ name }) => [name, "pass"])),
      "refusals-honest": "not judged",
    });
    expect(judged.checks.filter((check) => check.judged && check.observed === 0)).toEqual([]);
    expect(judged.exposures).toEqual([]);
    expect(decideVerdict(judged).outcome).toBe("pass");
  });

  it("says that nobody was refused rather than that refusals were honest", async () => {
    const [headline] = decideVerdict(await judge(healthyHistory())).reasons;
    expect(headline).toContain(
      "not judged: refusals-honest (not exercised: nobody was told to wait or was refused)",
    );
  });

  it("passes with refusals that are spread, quick and empty, and with people let in on time", async () => {
    const history = healthyHistory();
    let seconds = 0;
    change(
      history,
      "request",
      (e) => e.class === "rejected",
      (e) => ({ ...e, class: "refused", retryAfterSeconds: 1 + (seconds++ % 5) }),
    );
    requests(history, (e) => e.purpose === "abandoned" && e.visitor === 2, WAITING);
    requests(history, (e) => e.purpose === "retry" && e.visitor === 2, { purpose: "come-back" });
    const check = (await judge(history)).checks.find(({ name }) => name === "refusals-honest");
    expect([outcomeOf(check), check?.summary]).toEqual(["pass", expect.stringContaining("told to wait")]);
  });

  it("lets a come-back be rejected where the other tap became the member meanwhile", async () => {
    const history = healthyHistory();
    waitsAndComesBack(history, DOUBLE_TAPPER, "rejected");
    const check = (await judge(history)).checks.find(({ name }) => name === "refusals-honest");
    expect([outcomeOf(check), check?.summary]).toEqual(["pass", expect.stringContaining("told to wait")]);
  });

  it("lets the second of a pair see the address they share", async () => {
    const history = healthyHistory();
    const shared = [{ runTag: RUN_TAG, visitor: PAIR_FIRST, field: "email" as const, place: "json:/email" }];
    requests(history, (e) => e.visitor === PAIR_FIRST + 1, { foreign: shared });
    expect((await judge(history)).exposures).toEqual([]);
    requests(history, (e) => e.visitor === KEY_SECOND, { foreign: [{ ...shared[0]!, visitor: KEY_FIRST }] });
    expect((await judge(history)).exposures).toMatchObject([
      { viewer: KEY_SECOND, victim: KEY_FIRST, fields: ["email"] },
    ]);
  });

  it("names what the target file's headers stepped around, which nobody judged", async () => {
    const history = healthyHistory();
    history.plan.target.bypassed = ["captcha"];
    expect(decideVerdict(await judge(history)).reasons[0]).toMatch(/; not judged: .*captcha \(bypassed\)$/);
  });

  it("reports a member who was late, without failing", async () => {
    const history = healthyHistory();
    const late = history.events.find(
      (e) => e.type === "request" && e.visitor === PLAIN && isReadBack(e),
    ) as RequestEvent;
    history.events.push({ ...late, request: late.request + 1 });
    requests(history, (e) => e === late, { ...BLANK, class: "absent", startedMicroseconds: 1 });
    const check = (await judge(history)).checks.find(({ name }) => name === "acks-durable");
    expect([outcomeOf(check), check?.summary]).toEqual(["pass", expect.stringContaining("1 of them late")]);
  });

  it("finds a member beside a second row of the same address, which is another check's matter", async () => {
    const history = healthyHistory();
    history.events.push(observation({ visitor: PAIR_FIRST, memberId: memberIdOf(902), atMicroseconds: 9e6 }));
    recountRows(history);
    const { checks } = await judge(history);
    const outcomes = ["acks-durable", "once-per-person"].map((wanted) =>
      outcomeOf(checks.find(({ name }) => name === wanted)),
    );
    expect(outcomes).toEqual(["pass", "fail"]);
  });

  it("tells when a shared ID was seen: with the second person's acknowledgement", async () => {
    const history = healthyHistory();
    const acked = (visitor: number) => (e: RequestEvent) => e.visitor === visitor && isAcked(e);
    const second = history.events.find((e): e is RequestEvent => e.type === "request" && acked(PLAIN)(e));
    requests(history, acked(21), { memberId: memberIdOf(PLAIN) });
    const check = (await judge(history)).checks.find(({ name }) => name === "ids-unique");
    expect(check?.evidence[0]).toMatchObject({ atMicroseconds: second?.endedMicroseconds, people: 2 });
  });

  it.each([
    { name: "passes at its bound", value: 2, outcome: "pass" },
    { name: "fails beyond it", value: 2.5, outcome: "fail" },
    { name: "is unknown where the series was not read", value: null, outcome: "unknown" },
  ])("$name: what must stay bounded", async ({ value, outcome }) => {
    const history = healthyHistory();
    history.plan.target.telemetry.bounds = { queue_seconds_max: 2 };
    history.events.push(observation({ kind: "bound", name: "queue_seconds_max", value }));
    const check = (await judge(history)).checks.find(({ name }) => name === "bounds");
    expect([check?.kind, outcomeOf(check)]).toEqual(["objective", outcome]);
  });

  it.each([
    { name: "cut", lost: { reason: "cut" } },
    { name: "reset", lost: { reason: "reset", firstByteMicroseconds: null } },
    { name: "given up", lost: { reason: "abandoned", firstByteMicroseconds: null } },
    { name: "no HTTP, before a byte of it came", lost: { reason: "bad-http", firstByteMicroseconds: null } },
  ] as const)("takes no answer that was $name for one that could not be read", async ({ lost }) => {
    const history = healthyHistory();
    const isReRead = (e: RequestEvent) => e.purpose === "re-read";
    requests(history, isReRead, { ...BLANK, class: "indeterminate", status: null, ...lost }, 1);
    const check = (await judge(history)).checks.find(({ name }) => name === "reads-own");
    expect(outcomeOf(check)).toBe("pass");
  });

  it("holds the lost answer of a retry for either: a member or none", async () => {
    const history = healthyHistory();
    change(
      history,
      "observation",
      (e) => e.kind === "counter",
      (e) => ({ ...e, value: e.value! + 10 }),
    );
    expect(decideVerdict(await judge(history)).outcome).toBe("pass");
  });
});

describe.each([
  ["a defect", DEFECTS],
  ["a gap", GAPS],
] as const)("%s", (_kind, defects) => {
  it.each(defects)("$name: $check is $outcome", async ({ check, outcome, put }) => {
    const history = healthyHistory();
    put(history);
    const judged = await judge(history);
    const result = judged.checks.find(({ name }) => name === check);
    expect([outcomeOf(result), result?.summary]).toEqual([
      outcome,
      expect.not.stringContaining("the check itself failed"),
    ]);
    expect(decideVerdict(judged).outcome).not.toBe("pass");
  });
});

it("has seen every check red, and every check without occasion or unknown", () => {
  const seen = (defects: Defect[]) => new Set(defects.flatMap(({ check, also = [] }) => [check, ...also]));
  const all = [
    ...[
      "reads-own",
      "ids-unique",
      "acks-durable",
      "no-ghost-id",
      "once-per-person",
      "ids-well-formed",
      "refusals-honest",
    ],
    ...["sessions-bound", "responses-private", "telemetry-clean", "accounting"],
  ];
  expect(all.filter((name) => !seen(DEFECTS).has(name))).toEqual([]);
  expect(all.filter((name) => !seen(GAPS).has(name))).toEqual([]);
});
