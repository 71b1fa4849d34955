import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Findings, readBlastRadius } from "../src/blast-radius/read-blast-radius.ts";
import { sumUp } from "../src/blast-radius/sum-up.ts";
import { type Mismatch, traceExposures } from "../src/blast-radius/trace-exposures.ts";
import { WORDS } from "../src/blast-radius/words.ts";
import { writeReport } from "../src/blast-radius/write-report.ts";
import { createIdentity } from "../src/guard/identity.ts";
import { deriveKeys } from "../src/keys.ts";
import { createStage, newPerson, signUp } from "./stage.ts";

const stage = createStage();
const identity = createIdentity(deriveKeys("any key will do where nothing was mixed"));
const MINUTE_MS = 60_000;

beforeEach(async () => {
  // Its migrations are what is asked.
  await (await stage.start()).close();
  await stage.sql("truncate access_ledger, access_spans");
});
afterEach(() => stage.sql("truncate access_ledger, access_spans"));

interface Span {
  readonly span?: string;
  readonly batch?: number;
  readonly worker?: string;
  /** Minutes ago. */
  readonly from: number;
  readonly until: number;
  readonly lost?: number;
  readonly isLast?: boolean;
}

async function keep({
  span = randomUUID(),
  batch = 0,
  worker = "w",
  from,
  until,
  lost = 0,
  isLast = false,
}: Span) {
  await stage.sql(
    `insert into access_spans (span, batch, worker, from_at, until_at, rows, lost, is_last)
     values ($1, $2, $3, $4, $5, 0, $6, $7)`,
    [span, batch, worker, ago(from), ago(until), lost, isLast],
  );
}

const began = Date.now();
const ago = (minutes: number) => new Date(began - minutes * MINUTE_MS);

async function ask(from = 60, until = 1): Promise<Findings> {
  return readBlastRadius(({ text }, values) => stage.sql(text, [...(values ?? [])]), identity, {
    from: ago(from),
    to: ago(until),
  });
}

/** cause, from, until in whole minutes ago, and whether it goes on. */
async function gaps(from?: number, until?: number) {
  return (await ask(from, until)).gaps.map(({ cause, fromMs, untilMs, isOpen }) => [
    cause,
    Math.round((began - fromMs) / MINUTE_MS),
    Math.round((began - untilMs) / MINUTE_MS),
    isOpen,
  ]);
}

describe("the ledger is complete", () => {
  test("where its word covers the range, and where nobody was a member yet", async () => {
    await keep({ from: 50, until: 0, isLast: true });
    expect(await gaps()).toEqual([]);
  });

  test("between an orderly end and the next start", async () => {
    await keep({ from: 60, until: 40, isLast: true });
    await keep({ from: 30, until: 0, isLast: true });
    expect(await gaps()).toEqual([]);
  });
});

describe("a gap is named", () => {
  test("where answers were dropped", async () => {
    const span = randomUUID();
    await keep({ span, from: 60, until: 40 });
    await keep({ span, batch: 1, from: 40, until: 30, lost: 7 });
    await keep({ span, batch: 2, from: 30, until: 0, isLast: true });
    expect(await gaps()).toEqual([["dropped", 40, 30, false]]);
    expect((await ask()).gaps[0]?.lost).toBe(7);
  });

  test("from a dead worker's last word until its place was taken, or still", async () => {
    await keep({ from: 60, until: 40 });
    expect(await gaps()).toEqual([["crash", 40, 1, true]]);
    await keep({ from: 35, until: 0, isLast: true });
    expect(await gaps()).toEqual([["crash", 40, 35, false]]);
    expect(await gaps(30)).toEqual([]);
  });

  test("where the database lost a batch, at the beginning of a life and within it", async () => {
    const span = randomUUID();
    await keep({ span, batch: 1, from: 40, until: 30 });
    await keep({ span, batch: 3, from: 20, until: 0, isLast: true });
    expect(await gaps(59)).toEqual([
      ["database-crash", 59, 40, false],
      ["database-crash", 30, 20, false],
    ]);
    expect(await gaps(39, 31)).toEqual([]);
  });

  test("where a living worker has not told yet", async () => {
    await keep({ from: 60, until: 0.1 });
    expect(await gaps(60, 1)).toEqual([]);
    expect(await gaps(60, 0)).toEqual([["not-yet-written", 0, 0, true]]);
  });

  test("where there was no ledger, and members were there to be seen", async () => {
    expect(await gaps()).toEqual([["no-ledger", 60, 1, false]]);
    const service = await stage.start();
    await signUp(service, newPerson());
    await service.close();
    await stage.sql("truncate access_spans");
    await stage.sql("update members set created_at = $1", [ago(45)]);
    await keep({ from: 30, until: 0, isLast: true });
    expect(await gaps()).toEqual([["no-ledger", 60, 30, false]]);
    await keep({ from: 60, until: 50, isLast: true });
    expect(await gaps()).toEqual([["no-ledger", 50, 30, false]]);
  });
});

test("nothing recorded is none only where the ledger is complete, and unknown where it is not", async () => {
  const radiusOf = async () =>
    sumUp(await ask(), { range: { from: ago(60), to: ago(1) }, readAt: new Date(began), hasList: true });
  const unknown = await radiusOf();
  expect([unknown.outcome, unknown.isLowerBound]).toEqual(["unknown", true]);
  expect(writeReport(unknown, "en")).not.toContain(WORDS.en.outcome.none);
  expect(writeReport(unknown, "ja")).toContain(WORDS.ja.outcome.unknown);
  await keep({ from: 60, until: 0, isLast: true });
  const none = await radiusOf();
  expect([none.outcome, none.isLowerBound]).toEqual(["none", false]);
  expect(writeReport(none, "ja")).toContain(WORDS.ja.outcome.none);
});

describe("of one answer", () => {
  const nobody = {
    isPerson: (mac: string) => ["A", "B"].includes(mac),
    readerOf: () => undefined,
    holderOf: () => undefined,
    ownersOf: () => [],
  };
  const row: Mismatch = {
    viewer: "t",
    readerMac: null,
    subjectNumber: "1",
    identityMac: "A",
    kind: "wrong-person",
    isSignup: false,
    isWithin: true,
    fields: 0xfff,
    ownFields: null,
    answers: 1,
    firstMs: 1,
    lastMs: 2,
  };
  const seen = { victim: "person A", fields: 0xfff, answers: 1, firstMs: 1, lastMs: 2, kind: "wrong-person" };

  test("to nobody's session the reader is unknown", () => {
    expect(traceExposures([{ ...row, viewer: null }], [], nobody)).toEqual([{ ...seen, viewer: null }]);
  });

  test("to a signup the reader is who asked, whosever session came with it", () => {
    const asked = { ...row, isSignup: true, readerMac: "ff", ownFields: 0 };
    expect(traceExposures([asked], [], nobody)).toEqual([{ ...seen, viewer: "asked ff" }]);
  });

  test("with a number given twice, everything but the number is the reader's own", () => {
    const own = { ...row, isSignup: true, kind: "duplicate", ownFields: 0xffe };
    expect(traceExposures([own], [], nobody)).toEqual([]);
  });

  test("what is read under a session that was given to a stranger is the stranger's reading", () => {
    const given = { ...row, isSignup: true, kind: "foreign-session", identityMac: "B", ownFields: 0xffe };
    const read = { ...row, viewer: "t", fields: 1 };
    expect(traceExposures([given], [read], nobody)).toEqual([
      { ...seen, viewer: "person B", fields: 1, kind: "foreign-session" },
    ]);
    expect(traceExposures([{ ...given, isWithin: false }], [read], nobody)).toHaveLength(1);
  });

  test("a value whose owner is not to be found is nobody's, and not forgotten", () => {
    const mixed = { ...row, identityMac: "?", fields: 0b10 };
    expect(traceExposures([mixed], [], nobody)).toEqual([
      { ...seen, viewer: "token t", victim: null, fields: 0b10 },
    ]);
  });
});

test("in production nobody is kept from looking by settings of the mails", async () => {
  const main = new URL("../src/blast-radius/blast-radius-main.ts", import.meta.url).pathname;
  const args = [main, "--from", "2026-01-01", "--to", "2026-01-02", "--format", "json"];
  const env = { NODE_ENV: "production", SECRET_KEY: "k".repeat(40), DATABASE_URL: stage.url };
  // Exit code 3: nothing is known of a time of which there is no ledger.
  const told = await promisify(execFile)(process.execPath, args, { env }).catch((ended) => ended);
  expect(told).toMatchObject({ code: 3, stderr: "" });
  expect(JSON.parse(told.stdout)).toMatchObject({ outcome: "unknown" });
});

test("both languages have the same words", () => {
  const shapeOf = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)])
      : typeof value;
  expect(shapeOf(WORDS.ja)).toEqual(shapeOf(WORDS.en));
});
