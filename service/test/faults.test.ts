import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { FAULTS } from "../src/faults/catalogue/catalogue.ts";
import type { Fault } from "../src/faults/fault.ts";
import { findFault } from "../src/faults/find-fault.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { createStage, get, newPerson, signUp } from "./stage.ts";

/** Enough for a cache or a variable to show; one after the other. */
const PEOPLE_ALONE = 12;

test("each fault has a name of its own and is told in full", () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  for (const { name, incident, breaks, shows, checks } of FAULTS) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
    for (const words of [incident, breaks, shows, ...checks]) expect(words).toMatch(/\S/);
    expect(new Set(checks).size).toBe(checks.length);
  }
});

test("docs/faults.md lists every fault as it is, and none that is not", async () => {
  const text = await readFile(new URL("../../docs/faults.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows).toEqual(FAULTS.map(rowOf));
});

/** What a row of the table says; a new fault's is printed by the failing test. */
function rowOf(fault: Fault): string {
  const { name, incident, breaks, shows, weather, checks } = fault;
  const seenBy = fault.guard === "blind" ? fault.seenBy.join(", ") : "–";
  const cells = [`\`${name}\``, incident, breaks, shows, weather.join(", ") || "–", checks.join(", ")];
  return `| ${[...cells, fault.guard, seenBy].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

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
        await expect
          .poll(async () => (await get(service, "/me", reply.cookie)).status, { timeout: 10_000 })
          .toBe(200);
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
