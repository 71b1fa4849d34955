import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { COMPILED_DIR, compiledScripts, SCRIPTED_CAMPAIGNS } from "./compiled-scripts.ts";

it("has compiled documents that say what their YAML says; npm run k6:compile writes them anew", async () => {
  const found = Object.fromEntries(
    readdirSync(COMPILED_DIR).map((file) => [
      file,
      JSON.parse(readFileSync(join(COMPILED_DIR, file), "utf8")),
    ]),
  );
  expect(found).toEqual(await compiledScripts());
});

it.each(SCRIPTED_CAMPAIGNS)("has a k6 script for %s", (name) => {
  expect(existsSync(join(COMPILED_DIR, "..", `${name}.ts`))).toBe(true);
});
