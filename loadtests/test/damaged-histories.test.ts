import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../src/arrivals/random.ts";
import { checkHistory } from "../src/checks/check-history.ts";
import type { Event, RequestEvent } from "../src/events/event.ts";
import { EVENT_SCHEMA } from "../src/events/event-schema.ts";
import { UsageError } from "../src/usage-error.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";
import type { Verdict } from "../src/verdict/verdict.ts";
import { healthyHistory, writeRun } from "./history-builder.ts";

let root: string;
let runs = 0;
let healthyText = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "crowdproof-damaged-"));
  const dir = await writeRun(join(root, "healthy"), healthyHistory());
  healthyText = await readFile(join(dir, "events.ndjson"), "utf8");
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

/** Judges a history whose file was damaged. */
async function judgeText(text: string | Buffer, name = String(runs++)) {
  const dir = await writeRun(join(root, name), healthyHistory());
  await writeFile(join(dir, "events.ndjson"), text);
  return decideVerdict(await checkHistory(dir));
}

const lines = () => healthyText.trimEnd().split("\n");
const middle = () => Math.floor(lines().length / 2);
const without = (at: number) => lines().toSpliced(at, 1).join("\n").concat("\n");
const withLine = (line: string) => `${line}\n${healthyText}`;
const withField = (line: string, change: object) => JSON.stringify({ ...JSON.parse(line), ...change });

const DAMAGES: { name: string; text: () => string | Buffer }[] = [
  { name: "an empty file", text: () => "" },
  { name: "a file of zeros", text: () => Buffer.alloc(10_000) },
  {
    name: "a binary file",
    text: () => Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7919) % 256)),
  },
  { name: "a page of HTML", text: () => "<html>\n<body>502</body>\n</html>\n" },
  {
    name: "a file cut in the middle of a line",
    text: () => healthyText.slice(0, Math.floor(healthyText.length / 2)),
  },
  { name: "a file cut in its last line", text: () => healthyText.slice(0, -20) },
  { name: "a file without its last newline only", text: () => healthyText.slice(0, -1) },
  { name: "a file without its first line", text: () => without(0) },
  { name: "a file without one line in the middle", text: () => without(middle()) },
  { name: "a file without its end", text: () => without(lines().length - 1) },
  { name: "two ends", text: () => withLine(lines().at(-1)!) },
  { name: "one line twice", text: () => withLine(lines()[middle()]!) },
  { name: "everything twice", text: () => healthyText + healthyText },
  { name: "a line that is no JSON", text: () => withLine("garbage") },
  { name: "a line that is another kind of JSON", text: () => withLine("[1, 2, 3]") },
  { name: "two lines run together", text: () => healthyText.replace("}\n{", "}{") },
  { name: "an event of an unknown type", text: () => withLine(withField(lines()[0]!, { type: "surprise" })) },
  {
    name: "an event of another run",
    text: () => withLine(withField(lines()[0]!, { run: "cp-zzzzzzzzzzzzz" })),
  },
  {
    name: "all events of another run",
    text: () => healthyText.replaceAll("cp-0123456789abc", "cp-zzzzzzzzzzzzz"),
  },
  {
    name: "an event with a word for a number",
    text: () => withLine(withField(lines()[0]!, { visitor: "seven" })),
  },
  {
    name: "an event without what it must have",
    text: () => withLine(withField(lines()[0]!, { startedMicroseconds: null })),
  },
  { name: "a control that nobody knows", text: () => withLine(withField(lines()[1]!, { control: "mine" })) },
  {
    name: "a line of five megabytes",
    text: () => withLine(withField(lines()[1]!, { step: "x".repeat(5 * 2 ** 20) })),
  },
];

/** One line of each kind is missing, or there twice; of the control, whose events have no totals, either may be. */
const KINDS = new Set(
  healthyHistory().events.flatMap((event) => (event.control === null ? [kindOf(event)] : [])),
);
const LINE_DAMAGES = [...KINDS].flatMap((kind) => {
  const at = () => lines().findIndex((line) => kindOf(JSON.parse(line) as Event) === kind);
  return [
    { name: `a file without one ${kind}`, text: () => without(at()) },
    { name: `a file with one ${kind} twice`, text: () => withLine(lines()[at()]!) },
  ];
});

function kindOf(event: Event): string {
  if (event.type === "request") return `${event.phase} request`;
  return event.type === "observation" ? `${event.kind} observation` : event.type;
}

describe("a damaged history", () => {
  it.each([...DAMAGES, ...LINE_DAMAGES])(
    "$name says nothing against a healthy target, nor for it",
    async ({ text }) => {
      const verdict = await judgeText(text());
      expect(verdict.outcome).toBe("unknown");
      const history = verdict.checks.find(({ name }) => name === "history");
      expect(history).toMatchObject({ judged: true, outcome: "unknown" });
    },
  );

  it("still says whose data was shown when the run was killed right after it", async () => {
    const history = healthyHistory();
    const at = history.events.findIndex((event) => event.type === "request" && event.visitor === 27);
    const exposed = {
      ...history.events[at]!,
      foreign: [{ runTag: 1, visitor: 3, field: "email", place: "body" }],
    };
    const text = [...history.events.slice(0, at), exposed].map((event) => JSON.stringify(event)).join("\n");
    const verdict = await judgeText(`${text}\n{"run":"cp-01234`);
    expect([verdict.outcome, verdict.exposures.map(({ viewer, victim }) => [viewer, victim])]).toEqual([
      "fail",
      [[27, 3]],
    ]);
  });
});

describe("a history on which a statement of ours fails", () => {
  /** Judges a healthy history with one signup changed. */
  async function judgeWith(change: Partial<RequestEvent>) {
    const history = healthyHistory();
    const at = history.events.findIndex(
      (e) => e.type === "request" && e.visitor === 27 && e.control === null,
    );
    history.events[at] = { ...history.events[at]!, ...change } as RequestEvent;
    return decideVerdict(await checkHistory(await writeRun(join(root, String(runs++)), history)));
  }
  const outcomesOf = (verdict: Verdict, names: string[]) =>
    names
      .map((name) => verdict.checks.find((check) => check.name === name))
      .map((check) => check?.judged && check.outcome);

  it("says of an ID with a zero byte in it that it is malformed", async () => {
    const verdict = await judgeWith({ memberId: "M-\u0000001" });
    expect(outcomesOf(verdict, ["ids-well-formed"])).toEqual(["fail"]);
  });

  it("is unknown, and no bug, where the target tells a time beyond all numbers", async () => {
    const verdict = await judgeWith({ originMilliseconds: 1e300 });
    expect(verdict.outcome).toBe("unknown");
    expect(outcomesOf(verdict, ["claim", "reads-own", "history"])).toEqual(["unknown", "pass", "pass"]);
    expect(verdict.checks.find(({ name }) => name === "claim")?.summary).toContain("the check itself failed");
    expect(verdict.run.requests).toBeGreaterThan(0);
  });

  it("still says whose data was shown", async () => {
    const foreign = [{ runTag: 1, visitor: 3, field: "email" as const, place: "body" }];
    const verdict = await judgeWith({ originMilliseconds: 1e300, foreign });
    expect([verdict.outcome, verdict.exposures.length]).toEqual(["fail", 1]);
  });
});

describe("the order of the lines", () => {
  it("does not matter: a shuffled history gives the same verdict to the letter", async () => {
    const history = healthyHistory();
    history.events = history.events.map((event) =>
      event.type === "request" && event.visitor % 10 === 7 && event.control === null
        ? { ...event, foreign: [{ runTag: 5, visitor: 3, field: "email", place: "body" }] }
        : event,
    );
    const texts = history.events.map((event) => JSON.stringify(event));
    const random = createRandom(7, "shuffle");
    const shuffled = texts.map((text) => ({ text, at: random() })).sort((a, b) => a.at - b.at);
    const inOrder = await judgeText(`${texts.join("\n")}\n`);
    const outOfOrder = await judgeText(`${shuffled.map(({ text }) => text).join("\n")}\n`);
    expect(outOfOrder).toEqual(inOrder);
    expect(inOrder.exposuresTotal).toBeGreaterThan(10);
  });
});

describe("the run folder", () => {
  it("is as it was after judging, also when its name is a pattern", async () => {
    const dir = await writeRun(join(root, "it's [a] run*?"), healthyHistory());
    expect(decideVerdict(await checkHistory(dir)).outcome).toBe("pass");
    expect((await readdir(dir)).sort()).toEqual(["events.ndjson", "plan.json"]);
  });

  it("is refused with a sentence where there is no history, no plan, or another version's", async () => {
    const dir = await writeRun(join(root, "refused"), healthyHistory());
    await rm(join(dir, "events.ndjson"));
    await expect(checkHistory(dir)).rejects.toThrow(UsageError);
    await writeFile(join(dir, "plan.json"), '{"format": 99}');
    await expect(checkHistory(dir)).rejects.toThrow(/format 99/);
    await expect(checkHistory(join(root, "nowhere"))).rejects.toThrow(UsageError);
  });
});

it("the builder's events are events by the published schema", () => {
  const wrong = healthyHistory().events.filter((event) => !EVENT_SCHEMA.safeParse(event).success);
  expect(wrong).toEqual([]);
});

it("a verdict is one by the published schema", async () => {
  const schema = JSON.parse(
    await readFile(join(import.meta.dirname, "../schemas/verdict.schema.json"), "utf8"),
  ) as object;
  const validate = new Ajv2020({ strict: false }).compile(schema);
  const verdict: unknown = JSON.parse(JSON.stringify(await judgeText(healthyText)));
  expect(validate(verdict), JSON.stringify(validate.errors)).toBe(true);
});
