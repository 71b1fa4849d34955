import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { LANGUAGES, readRunbook, runbookNames } from "./read-runbook.ts";
import { runSteps } from "./run-steps.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEST_MS_MAX = 60_000;
/** The discard port: no database is there. */
const NO_DATABASE = "postgresql://127.0.0.1:9/none";
const OLD = "| people whose data could be seen | 4711 |\n| complete | 記録の完全さ | 4711 |\n";

const asking = LANGUAGES.flatMap((language) =>
  runbookNames(language).map((name) => ({
    language,
    name,
    steps: readRunbook(language, name).steps.filter(({ commands }) => commands.includes("blast-radius.md")),
  })),
).filter(({ steps }) => steps.length > 0);

it("finds the runbooks that ask how big it is", () => {
  expect(asking.length).toBeGreaterThan(8);
});

describeWith("curl", "where the ledgers cannot be read", () => {
  it.each(asking)(
    "$name shows nobody the numbers of another time ($language)",
    async ({ steps }) => {
      const home = await mkdtemp(join(tmpdir(), "crowdproof-home-"));
      try {
        const tokenFile = join(home, "a.token");
        await writeFile(tokenFile, "a token");
        await writeFile(join(home, "blast-radius.md"), OLD);
        const env = { OPERATOR_TOKEN_FILE: tokenFile, DATABASE_URL: NO_DATABASE, SECRET_KEY: "k".repeat(43) };
        const results = await runSteps(steps, { cwd: ROOT, home, colleagueTokenFile: tokenFile, env });
        const output = results.map((result) => result.output).join("\n");
        expect(output).toContain("exit code 2");
        expect(output).not.toContain("4711");
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
    TEST_MS_MAX,
  );
});
