import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { judgeRun } from "../src/gate.ts";
import { rewriteReport } from "../src/report/write-report.ts";
import { UsageError } from "../src/usage-error.ts";
import { healthyHistory, writeRun } from "./history-builder.ts";

let dir: string;
beforeEach(async () => {
  dir = await writeRun(await mkdtemp(join(tmpdir(), "crowdproof-judge-")), healthyHistory());
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const verdictText = () => readFile(join(dir, "verdict.json"), "utf8");

it("leaves the last verdict whole where the next cannot be written", async () => {
  await judgeRun(dir);
  const before = await verdictText();
  await writeFile(join(dir, "events.ndjson"), "");
  await mkdir(join(dir, "verdict.json.part"));
  await expect(judgeRun(dir)).rejects.toThrow("EISDIR");
  expect(await verdictText()).toBe(before);
});

it("says what to type where half a verdict was left", async () => {
  await judgeRun(dir);
  await writeFile(join(dir, "verdict.json"), (await verdictText()).slice(0, 500));
  await expect(rewriteReport(dir)).rejects.toThrow(UsageError);
  await expect(rewriteReport(dir)).rejects.toThrow(/npx crowdproof judge/);
});
