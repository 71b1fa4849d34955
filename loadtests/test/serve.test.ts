import { afterAll, beforeAll, expect, it } from "vitest";
import { type Desk, openDesk, type Running } from "./command-line.ts";

const MS_MAX = 90_000;
let desk: Desk;
let first: Running;
beforeAll(async () => {
  desk = openDesk();
  const env = {
    // The machine's own name, as some shells export it.
    HOST: "nowhere.invalid",
    ADMIN_HOST: "nowhere.invalid",
    // Where a real service's database and relay stand: neither is for invented people, nor for faults.
    DATABASE_URL_FILE: "/nowhere/database-url",
    SMTP_URL_FILE: "/nowhere/smtp-url",
  };
  first = desk.start(["serve", "--port", "0"], { env });
  await first.until("Ctrl-C stops it.");
}, MS_MAX);
afterAll(async () => {
  await desk.close();
});

const EXPORT = /export CROWDPROOF_DATABASE_URL=(.*)/;

it("says what to export for its own database, which is new with each start", () => {
  expect(EXPORT.exec(first.said())?.[1]).toMatch(/^'postgres(ql)?:.*'$/);
});

it(
  "prints no password of a database that is somebody else's",
  async () => {
    const url = EXPORT.exec(first.said())?.[1]?.slice(1, -1) ?? "";
    const { password } = new URL(url);
    expect(password).not.toBe("");
    const second = desk.start(["serve", "--port", "0"], { env: { DATABASE_URL: url } });
    await second.until("Ctrl-C stops it.");
    expect(EXPORT.exec(second.said())?.[1]).toBe('"$DATABASE_URL"');
    expect(second.said()).not.toContain(password);
  },
  MS_MAX,
);

it(
  "takes an empty DATABASE_URL for none, as the service does, and a gate does the same",
  async () => {
    const env = { DATABASE_URL: "" };
    const serve = desk.start(["serve", "--port", "0"], { env });
    await serve.until("Ctrl-C stops it.");
    expect(EXPORT.exec(serve.said())?.[1]).toMatch(/^'postgres(ql)?:.*'$/);
    // A setting that the service refuses: what the gate says before is all that is asked.
    const gate = await desk.run(["gate", "smoke"], { env: { ...env, WORKING_MAX: "none" } });
    expect(gate.stdout).toContain("Starting the reference service on an embedded PostgreSQL …");
  },
  MS_MAX,
);
