import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createProgram } from "../src/cli/program.ts";
import { ROOT } from "./command-line.ts";

const README = readFileSync(join(ROOT, "README.md"), "utf8");
const SYNOPSES = [...README.matchAll(/^\| `crowdproof ([a-z-]+)(.*?)` \|/gm)].map(
  ([, name = "", rest = ""]) => ({ name, rest }),
);
const { commands } = createProgram();

it("README.md has a row for every command, in the order of --help, and for no other", () => {
  expect(commands.length).toBeGreaterThan(0);
  expect(SYNOPSES.map(({ name }) => name)).toEqual(commands.map((command) => command.name()));
});

/** Left to `--help`. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  gate: ["--i-own-this-target", "--prometheus", "--alerts-label", "--metrics-port"],
  plan: ["--target", "--seed", "--scale"],
  try: ["--i-own-this-target"],
  probe: [
    "--window",
    "--seed",
    "--port",
    "--halt-token-file",
    "--max-visitors",
    "--for",
    "--out",
    "--keep",
    "--i-own-this-target",
  ],
  cleanup: ["--i-own-this-target"],
  "blast-radius": ["--lang", "--format", "--list", "--out", "--database"],
};

it.each(SYNOPSES)("README.md names arguments and options that crowdproof $name takes", ({ name, rest }) => {
  const command = commands.find((one) => one.name() === name);
  const flags = command?.options.map(({ long }) => long) ?? [];
  const given = command?.registeredArguments.map((argument) => argument.name()) ?? [];
  const named: readonly string[] = rest.match(/--[a-z-]+/g) ?? [];
  expect(named.filter((flag) => !flags.includes(flag))).toEqual([]);
  expect(flags.filter((flag) => !named.includes(String(flag)))).toEqual(LEFT_OUT[name] ?? []);
  expect(rest.match(/^ \[?([A-Z]+)/)?.slice(1) ?? []).toEqual(given);
});
