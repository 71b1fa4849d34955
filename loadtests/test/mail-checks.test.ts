import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkHistory } from "../src/checks/check-history.ts";
import type { ForeignCanary, ObservationEvent } from "../src/events/event.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";
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
  dir = await mkdtemp(join(tmpdir(), "crowdproof-mail-checks-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

const isMail = (event: History["events"][number]) => event.type === "observation" && event.kind === "mail";

/** A healthy history whose every member was mailed their name and number. */
function mailedHistory(
  change: (mails: ObservationEvent[]) => ObservationEvent[] = (mails) => mails,
  told?: number,
): History {
  const { plan, events } = healthyHistory();
  plan.target.sinks = { mail: { smtp: "127.0.0.1:1025", withinSeconds: 30 } };
  const members = new Set(
    events.flatMap((event) =>
      event.type === "request" && event.class === "acknowledged" && event.control === null
        ? [event.visitor]
        : [],
    ),
  );
  const sent = [...members].map((visitor) =>
    observation({
      kind: "mail",
      name: "smtp",
      visitor,
      memberId: memberIdOf(visitor),
      own: ["latinName"],
      value: 700,
    }),
  );
  const mails = change(sent);
  const closing = observation({ kind: "mails-end", value: told ?? mails.length });
  const added = told === -1 ? mails : [...mails, closing];
  const all = events.map((event) =>
    event.type === "end" ? { ...event, observations: event.observations + added.length } : event,
  );
  return { plan, events: [...added, ...all] };
}

async function readsOwn(history: History) {
  const judged = await checkHistory(await writeRun(join(dir, String(runs++)), history));
  const check = judged.checks.find(({ name }) => name === "reads-own");
  const others = judged.checks.filter(({ name, judged: isJudged, ...rest }) => {
    const outcome = isJudged && "outcome" in rest ? rest.outcome : "pass";
    return name !== "reads-own" && outcome !== "pass";
  });
  return {
    outcome: check?.judged ? check.outcome : "not judged",
    summary: check?.summary ?? "",
    evidence: check?.evidence,
    others,
    judged,
  };
}

const strangers = (visitor: number): ForeignCanary[] => [
  { runTag: RUN_TAG, visitor, field: "latinName", place: "mail:text" },
];

it("mails that carry their readers' own data pass, and say how many were looked at", async () => {
  const history = mailedHistory();
  const count = history.events.filter(isMail).length;
  const { outcome, summary, others } = await readsOwn(history);
  expect({ outcome, others }).toEqual({ outcome: "pass", others: [] });
  expect(summary).toContain(`${count} of ${count} mails, to ${count} of ${count} members, did so`);
});

it("one mail with another's name fails, and names viewer, victim and field", async () => {
  const history = mailedHistory(([first, ...rest]) => [
    { ...first!, own: [], foreign: strangers(21) },
    ...rest,
  ]);
  const { outcome, others, judged } = await readsOwn(history);
  expect({ outcome, others }).toEqual({ outcome: "fail", others: [] });
  expect(judged.exposures).toEqual([
    expect.objectContaining({
      viewer: 0,
      victim: 21,
      fields: ["latinName"],
      step: "mail",
      place: "mail:text",
      answers: 1,
    }),
  ]);
  expect(decideVerdict(judged).outcome).toBe("fail");
});

it.each([
  {
    name: "a mail carries another member's number, and nothing else of theirs",
    change: ([first, ...rest]: ObservationEvent[]) => [{ ...first!, memberId: memberIdOf(27) }, ...rest],
    words: "not their member ID",
  },
  {
    name: "a mail with somebody's data goes to an address of nobody",
    change: (mails: ObservationEvent[]) => [
      ...mails,
      observation({ kind: "mail", name: "smtp", value: 9, foreign: strangers(3) }),
    ],
    words: "mail:text",
  },
  {
    name: "a mail carries a canary of an older run",
    change: ([first, ...rest]: ObservationEvent[]) => [
      { ...first!, foreign: [{ ...strangers(3)[0]!, runTag: RUN_TAG + 1 }] },
      ...rest,
    ],
    words: "mail:text",
  },
])("$name: reads-own fails", async ({ change, words }) => {
  const { outcome, evidence, others } = await readsOwn(mailedHistory(change));
  expect({ outcome, others }).toEqual({ outcome: "fail", others: [] });
  expect(JSON.stringify(evidence)).toContain(words);
});

it("a mail to an address of nobody that carries nothing of anybody is told, and no failure", async () => {
  const stray = observation({ kind: "mail", name: "smtp", value: 9 });
  const { outcome, summary } = await readsOwn(mailedHistory((mails) => [...mails, stray]));
  expect(outcome).toBe("pass");
  expect(summary).toContain("1 mail went to an address of nobody in this run");
});

it("members to whom no mail came are told", async () => {
  const { outcome, summary } = await readsOwn(mailedHistory((mails) => mails.slice(3)));
  expect(outcome).toBe("pass");
  expect(summary).toMatch(/(\d+) of \1 mails, to (\d+) of (\d+) members/);
  const [, , mailed, members] = /(\d+) of \d+ mails, to (\d+) of (\d+) members/.exec(summary) ?? [];
  expect(Number(members) - Number(mailed)).toBe(3);
});

it.each([
  { name: "no mail at all", history: () => mailedHistory(() => []) },
  {
    name: "mails in which nobody's own data stood",
    history: () => mailedHistory((mails) => mails.map((mail) => ({ ...mail, own: [] }))),
  },
  { name: "fewer mails on record than there were", history: () => mailedHistory((mails) => mails, 1_000) },
  {
    name: "a sink that never said that it was read to its end",
    history: () => mailedHistory((mails) => mails, -1),
  },
])("$name where a sink is declared: unknown", async ({ history }) => {
  expect((await readsOwn(history())).outcome).toBe("unknown");
});

it("what a pair have in common, their address, may stand in a mail to either", async () => {
  const PAIR_SECOND = 4;
  const shared: ForeignCanary[] = [
    { runTag: RUN_TAG, visitor: PAIR_SECOND - 1, field: "email", place: "mail:text" },
  ];
  const mail = observation({
    kind: "mail",
    name: "smtp",
    visitor: PAIR_SECOND,
    own: ["latinName"],
    foreign: shared,
    value: 9,
  });
  expect((await readsOwn(mailedHistory((mails) => [...mails, mail]))).outcome).toBe("pass");
});
