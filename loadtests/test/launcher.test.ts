import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { ROOT } from "./command-line.ts";

vi.setConfig({ testTimeout: 60_000 });

const PROGRAM = join(ROOT, "loadtests", "bin", "crowdproof.mjs");

/** Runs `doctor`, which says by which Node it is run, by a system's Node that says it is another version. */
async function nodeTaken({ version, without }: { version: string; without?: string }): Promise<string> {
  const script = `
    import crypto from "node:crypto";
    Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });
    ${without === undefined ? "" : `delete crypto.${without};`}`;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", preload, PROGRAM, "doctor"]);
  return /^ {2}✓ +Node +(\S+)/m.exec(stdout)?.[1] ?? stdout;
}

it("takes the system's Node where it has all that the code needs", async () => {
  expect(await nodeTaken({ version: "24.16.0" })).toBe("24.16.0");
});

it.each(["22.18.0", "24.15.0", "25.9.0", "26.0.0"])(
  "leaves Node %s, which runs TypeScript and makes no UUIDs of version 7, for the one that npm installed",
  async (version) => {
    expect(await nodeTaken({ version, without: "randomUUIDv7" })).toBe(process.versions.node);
  },
);
