import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { FAULTS } from "../src/faults/catalogue/catalogue.ts";
import { findFault } from "../src/faults/find-fault.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { createStage, get, newPerson, signUp } from "./stage.ts";

/** Enough for a cache or a variable to show; one after the other. */
const PEOPLE_ALONE = 12;

test("the catalogue has its faults, each told in full", () => {
  expect(FAULTS.map((fault) => fault.name)).toEqual([
    "max-plus-one",
    "sentinel-on-timeout",
    "millisecond-id",
    "upsert-adoption",
    "module-variable",
    "request-collapsing",
    "shared-cache-key",
    "pooled-session-variable",
    "mutable-default",
    "mail-buffer-reuse",
    "idempotency-race",
    "ack-before-commit",
    "personal-data-in-errors",
  ]);
  for (const { incident, breaks, shows, checks } of FAULTS) {
    for (const words of [incident, breaks, shows, ...checks]) expect(words).toMatch(/\S/);
    expect(new Set(checks).size).toBe(checks.length);
  }
});

describe.each(FAULTS)("with the fault $name", (fault) => {
  const stage = createStage();

  test(
    fault.isHiddenAlone ? "one client alone sees nothing wrong" : "one client after another sees it",
    async () => {
      const service = await stage.start({ env: { GUARD: "off" }, seams: fault.apply(DEFAULT_SEAMS) });
      const mistakes: string[] = [];
      const numbers = new Set<unknown>();
      for (let count = 0; count < PEOPLE_ALONE; count++) {
        const person = newPerson();
        const reply = await signUp(service, person, `key-${count}`);
        expect(reply.status).toBe(201);
        numbers.add(reply.body["number"]);
        await expect.poll(async () => (await get(service, "/me", reply.cookie)).status).toBe(200);
        for (const body of [reply.body, (await get(service, "/me", reply.cookie)).body]) {
          const expected = { number: reply.body["number"], ...person };
          if (JSON.stringify(body) !== JSON.stringify(expected)) mistakes.push(JSON.stringify(body));
        }
      }
      expect(numbers.size).toBe(PEOPLE_ALONE);
      if (fault.isHiddenAlone) expect(mistakes).toEqual([]);
      else expect(mistakes).not.toEqual([]);
    },
  );

  test("it cannot be switched on in production", () => {
    const env = { NODE_ENV: "production", SECRET_KEY: "x".repeat(40), FAULT: fault.name };
    expect(() => readConfig(env)).toThrow(/FAULT: a fault cannot be switched on with NODE_ENV=production/);
  });
});

test("a name that is nearly right is answered with the right one", () => {
  expect(() => findFault("max-plus-two")).toThrow(/Did you mean max-plus-one\? There are: max-plus-one, /);
});

test("a name that is nothing like a fault is answered with all of them", () => {
  expect(() => findFault("zzzzzzzzzzzzzzzzzzzzzz")).toThrow(
    /no fault "z+"\. There are: .*personal-data-in-errors/,
  );
});
