import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { type Desk, openDesk, ROOT } from "./command-line.ts";

const TARGET = join(ROOT, "loadtests/targets/reference-pages.yaml");
let service: RunningService;
let desk: Desk;

beforeAll(async () => {
  service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: undefined });
  desk = openDesk();
}, 120_000);
afterAll(async () => {
  await desk?.close();
  await service?.stop();
});

it("tries the reference service by its pages: the form, the card, every field in its place", async () => {
  const tried = await desk.run(["try", TARGET], { env: service.environment });
  expect(tried.exitCode, tried.stdout + tried.stderr).toBe(0);
  const member = tried.stdout.slice(tried.stdout.indexOf("(read-own)"));
  expect(member).toMatch(/own canary {2}email, latinName, address, freeText, kana\n/);
  for (const field of ["birthDate", "sex", "phone", "postalCode", "kanjiName", "survey1", "survey5"])
    expect(member).toMatch(new RegExp(`matched .*\\b${field}\\b`));
}, 60_000);
