import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readVerdict } from "./command-line.ts";
import { describeWith } from "./needs.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
/** npm fetches some 150 MB of packages into an empty folder. */
const INSTALL_TIMEOUT_MS = 240_000;
const GATE_TIMEOUT_MS = 120_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-package-"));
  await run("npm", ["pack", "--pack-destination", folder], { cwd: root });
  const [archive] = await readdir(folder);
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  await run("npm", ["install", "--no-audit", "--no-fund", `./${archive}`], { cwd: folder });
}, INSTALL_TIMEOUT_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

it("judges the reference service from an installed package", { timeout: GATE_TIMEOUT_MS }, async () => {
  const { stdout } = await run(
    "npx",
    ["crowdproof", "gate", "smoke", "--engine", "embedded", "--out", "run"],
    {
      cwd: folder,
    },
  );
  expect(stdout).toContain("PASS");
  expect((await readdir(join(folder, "run"))).sort()).toEqual(
    ["plan.json", "events.ndjson", "verdict.json", "report.html", "report.md", "junit.xml"].sort(),
  );
});

describeWith("prometheus", "the installed package", () => {
  it("brings the alert rules and what runs them", { timeout: GATE_TIMEOUT_MS }, async () => {
    const args = ["gate", "smoke", "--engine", "embedded", "--alerts", "--out", "watched"];
    // Red or green is not the matter here: a busy machine may page.
    const { stderr } = await run("npx", ["crowdproof", ...args], { cwd: folder }).catch(
      (error: { stderr: string }) => error,
    );
    const { checks } = readVerdict(join(folder, "watched"));
    const watching = checks.find(({ name }) => name === "watching");
    // npm has warnings of its own, of the configuration of whoever runs it.
    const said = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("npm warn"));
    expect({ watching, said }).toMatchObject({ watching: { outcome: "pass" }, said: [] });
  });
});

it(
  "says from an installed package that there is no Prometheus to watch",
  async () => {
    const args = ["crowdproof", "watch", "--once", "--prometheus", "http://127.0.0.1:1"];
    const ended = await run("npx", args, { cwd: folder }).catch(
      (error: { code: number; stdout: string }) => error,
    );
    expect(ended).toMatchObject({ code: 3, stdout: expect.stringContaining("NO PROMETHEUS") });
  },
  GATE_TIMEOUT_MS,
);

it(
  "shows an example to copy in the help of every subcommand",
  async () => {
    for (const command of ["gate", "plan", "try", "probe", "judge", "serve", "watch", "doctor"]) {
      const { stdout } = await run("npx", ["crowdproof", command, "--help"], { cwd: folder });
      expect(stdout).toMatch(new RegExp(`Example:\\n  crowdproof ${command}`));
    }
  },
  GATE_TIMEOUT_MS,
);
