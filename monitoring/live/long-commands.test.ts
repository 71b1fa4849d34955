import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const PROVE = "live/prove-alerts.ts";
const BENCH = "live/bench-alerts.ts";
const MUTATE = "mutate/mutate-rules.ts";

function run(program: string, ...args: string[]) {
  const file = join(import.meta.dirname, "..", program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("the commands that take long", () => {
  it.each([PROVE, BENCH, MUTATE])("%s tells what it does, and does nothing", (program) => {
    const { status, stdout, stderr } = run(program, "--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^npm run .*--fresh/);
  });

  it.each([
    [PROVE, ["--nope"], "Unknown option '--nope'"],
    [PROVE, ["--alerts", "IdAnomaly,Nope"], "--alerts: there is no Nope, but IdAnomaly, "],
    [PROVE, ["--campaigns", ""], "--campaigns: there is no , but breakpoint, "],
    [PROVE, ["--some", "many"], "--some many is no number; type e.g. --some 3"],
    [PROVE, ["--quiet", "Infinity"], "--quiet Infinity is no number; type e.g. --quiet 2"],
    [PROVE, ["--scale", "-1"], "Option '--scale' argument is ambiguous"],
    [BENCH, ["--lanes", "halt,nope"], "--lanes: there is no nope, but halt, push, "],
    [BENCH, ["--times", "many"], "--times many is no number; type e.g. --times 20"],
    [MUTATE, ["--processes", "0"], "--processes 0: expected a number from 1 on, e.g. 2"],
  ])("%s %j: a sentence and the help, and nothing is begun", (program, args, sentence) => {
    const { status, stdout, stderr } = run(program, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr.slice(0, sentence.length)).toBe(sentence);
    expect(stderr).toContain("\n\nnpm run ");
  });
});
