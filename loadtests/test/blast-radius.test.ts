import { execFile, execFileSync } from "node:child_process";
import { lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LeakOptions, type LeakRun, runLeak } from "../blast-radius/known-leak.ts";
import { CANARY_FIELDS, type Truth } from "../blast-radius/truth.ts";
import { BLAST_RADIUS_SCHEMA, type BlastRadius } from "../src/blast-radius/blast-radius-schema.ts";
import { startReferenceService } from "../src/reference/start-service.ts";
import { openDesk } from "./command-line.ts";

const RUN_MS_MAX = 240_000;
/** A response's time is taken inside the service; the two clocks are one machine's. */
const CLOCK_MS = 50;
let dir: string;
let run: LeakRun | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-blast-"));
});
afterEach(async () => {
  await run?.service.stop();
  run = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function leak(options: Pick<LeakOptions, "fault" | "guard" | "workers">): Promise<LeakRun> {
  run = await runLeak({ ...options, seed: 3, dir });
  return run;
}

async function askJson({ ask }: LeakRun): Promise<{ code: number; radius: BlastRadius }> {
  const { code, output } = await ask("--format", "json", "--list");
  return { code, radius: BLAST_RADIUS_SCHEMA.parse(JSON.parse(output)) };
}

describe.each([
  { fault: "shared-cache-key", shows: "whole profiles out of a cache" },
  { fault: "request-collapsing", shows: "the answers of others in flight" },
  { fault: "pooled-session-variable", shows: "whoever the connection was set to" },
  { fault: "mutable-default", shows: "fields of two people mixed" },
])("with $fault ($shows) and the guard off", ({ fault }) => {
  test("the blast radius is what the canaries say: who, whose, which field, when", {
    timeout: RUN_MS_MAX,
  }, async () => {
    const { code, radius } = await askJson(await leak({ fault, guard: "off" }));
    const truth = run?.truth as Truth;
    expect([code, radius.outcome, radius.isLowerBound]).toEqual([1, "exposures", false]);
    const told = toldOf(radius, truth);
    for (const [key, { viewer }] of told)
      if (!truth.exposures.has(key) && truth.lostReaders.has(viewer)) told.delete(key);
    expect(truth.exposures.size).toBeGreaterThan(20);
    expect([...told.keys()].sort()).toEqual([...truth.exposures.keys()].sort());
    for (const [key, { firstMs, lastMs }] of truth.exposures) {
      const at = told.get(key);
      expect(Date.parse(at?.firstAt ?? ""), key).toBeLessThanOrEqual(lastMs + CLOCK_MS);
      expect(Date.parse(at?.lastAt ?? ""), key).toBeGreaterThanOrEqual(firstMs - CLOCK_MS);
    }
    const victims = new Set([...truth.exposures.values()].map(({ victim }) => victim));
    const viewers = new Set([...truth.exposures.values()].map(({ viewer }) => viewer));
    // Of a mixture the harness knows only the owners of fields that hold a canary.
    if (fault !== "mutable-default" && truth.lostReaders.size === 0)
      expect([radius.exposed.people, radius.exposed.viewers]).toEqual([victims.size, viewers.size]);
  });
});

/** `viewer > victim: field` by visitor, of fields that hold a canary. */
function toldOf({ list }: BlastRadius, { visitorsOf }: Truth) {
  const told = new Map<string, { viewer: number; firstAt: string | null; lastAt: string | null }>();
  const visitorOf = (number: string | null) => {
    const [visitor, ...others] = visitorsOf.get(number ?? "") ?? [];
    // −1: nobody the harness knows, or two.
    return others.length === 0 && visitor !== undefined ? visitor : -1;
  };
  for (const { viewer, victim, fields, firstAt, lastAt } of list ?? [])
    for (const field of fields.filter((name) => CANARY_FIELDS.includes(name)))
      told.set(`${visitorOf(viewer)} > ${visitorOf(victim)}: ${field}`, {
        viewer: visitorOf(viewer),
        firstAt,
        lastAt,
      });
  return told;
}

test("with numbers given twice it says so, and names nobody as seen", { timeout: RUN_MS_MAX }, async () => {
  const { code, radius } = await askJson(await leak({ fault: "millisecond-id", guard: "off", workers: 2 }));
  const truth = run?.truth as Truth;
  const shared = [...truth.visitorsOf.values()].filter((visitors) => visitors.size > 1);
  expect(shared.length).toBeGreaterThan(0);
  expect(truth.exposures.size).toBe(0);
  expect([code, radius.exposed.people, radius.list]).toEqual([1, 0, []]);
  // Whose answer was lost may have been told it or not: the ledger's counts lie between those without them and with them.
  const heard = shared
    .map((visitors) => [...visitors].filter((visitor) => !truth.unheard.has(visitor)))
    .filter(({ length }) => length > 1);
  expect(heard.length).toBeGreaterThan(0);
  const { numbers, people } = radius.sharedNumbers;
  expect(numbers).toBeGreaterThanOrEqual(heard.length);
  expect(numbers).toBeLessThanOrEqual(shared.length);
  expect(people).toBeGreaterThanOrEqual(heard.flat().length);
  expect(people).toBeLessThanOrEqual(shared.reduce((sum, visitors) => sum + visitors.size, 0));
});

test("of a healthy service it says none, ledger complete; in both languages", {
  timeout: RUN_MS_MAX,
}, async () => {
  const { code, radius } = await askJson(await leak({ fault: undefined, guard: "on" }));
  expect([code, radius.outcome, radius.ledger.gaps, radius.list]).toEqual([0, "none", [], []]);
  // Reading back goes by SQL and leaves no trace; every other answer with somebody's own data is in the ledger.
  expect(radius.ledger.answers).toBeGreaterThanOrEqual(run?.truth.answersWithOwnData ?? Number.NaN);
  expect(radius.ledger.answers).toBeGreaterThan(100);
  expect((await run?.ask("--lang", "ja"))?.output).toContain(
    "漏えいの記録はありません。台帳に欠けはありません。",
  );
  expect((await run?.ask("--lang", "en"))?.output).toContain("No exposure recorded, ledger complete.");
});

test("with the guard on, what it withheld is counted apart; it reached nobody", {
  timeout: RUN_MS_MAX,
}, async () => {
  const { code, radius } = await askJson(await leak({ fault: "shared-cache-key", guard: "on" }));
  expect(run?.truth.exposures.size).toBe(0);
  expect([code, radius.exposed.people]).toEqual([0, 0]);
  expect(radius.blocked).toEqual([expect.objectContaining({ kind: "wrong-person" })]);
});

test("after kill −9 in the middle the gap is named, and none recorded is not none", {
  timeout: RUN_MS_MAX,
}, async () => {
  const { service, ask, from } = await leak({ fault: undefined, guard: "on" });
  const { workerPids } = await import("../blast-radius/worker-pids.ts");
  for (const pid of workerPids(service.pid)) process.kill(pid, "SIGKILL");
  await sleep(3_000);
  const { code, output } = await ask("--format", "json", "--to", new Date().toISOString());
  const radius = BLAST_RADIUS_SCHEMA.parse(JSON.parse(output));
  expect([code, radius.outcome, radius.ledger.isComplete]).toEqual([3, "unknown", false]);
  expect(radius.ledger.gaps.length).toBeGreaterThan(0);
  for (const gap of radius.ledger.gaps) expect(Date.parse(gap.from)).toBeGreaterThan(Date.parse(from));
});

const desk = openDesk();
afterAll(() => desk.close());

test("what --out names is readable by its owner alone, also where it was there for all to read; a pipe stays one", {
  timeout: RUN_MS_MAX,
}, async () => {
  const [file, link, pipe] = ["radius.md", "link.md", "pipe.md"].map((name) => join(desk.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, "what was there", { mode: 0o644 });
  await symlink(file, link);
  execFileSync("mkfifo", [pipe]);
  const service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: undefined });
  try {
    const env = { DATABASE_URL: service.environment["CROWDPROOF_DATABASE_URL"] ?? "" };
    const ask = async (out: string) =>
      await desk.run(["blast-radius", "--from", new Date(Date.now() - 60_000).toISOString(), "--out", out], {
        env,
      });
    expect(await ask(link)).toMatchObject({ stdout: "", stderr: "" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toContain("# ");
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    const reading = promisify(execFile)("cat", [pipe], { timeout: 60_000 });
    await ask(pipe);
    expect((await reading).stdout).toContain("# ");
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  } finally {
    await service.stop();
  }
});

describe("a question that cannot be answered is wrong usage", () => {
  const URL = "postgresql://nobody@127.0.0.1:1/none";
  test.each([
    { name: "a time without its zone", args: ["--from", "2026-12-04T19:00"], says: "time with its zone" },
    { name: "the future", args: ["--from", "2020-01-01", "--to", "2999-01-01"], says: "future" },
    { name: "from behind to", args: ["--from", "2020-01-02", "--to", "2020-01-01"], says: "before --to" },
    { name: "no database there", args: ["--from", "2020-01-01"], says: "cannot be read" },
  ])("$name", { timeout: 60_000 }, async ({ args, says }) => {
    const ended = await desk.run(["blast-radius", ...args], { env: { DATABASE_URL: URL } });
    expect([ended.exitCode, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toContain(says);
  });
});
