import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findK6 } from "./find-k6.ts";

describe("findK6", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "crowdproof-find-k6-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function program(says: string, exitCode = 0): string {
    const path = join(folder, "k6");
    writeFileSync(path, `#!/bin/sh\necho '${says}'\nexit ${exitCode}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it("takes the k6 v2 that K6_BIN names", () => {
    const path = program("k6 v2.2.0 (go1.26.8, linux/amd64)");
    expect(findK6({ K6_BIN: path })).toEqual({ path, version: "2.2.0" });
  });

  const wrong = [
    {
      name: "an older k6",
      says: "k6 v1.3.0 (go1.24)",
      exitCode: 0,
      message: /k6 v1\.3\.0; Crowdproof needs v2/,
    },
    { name: "another program", says: "hello", exitCode: 0, message: /is not k6: it says "hello"/ },
    { name: "a program that fails", says: "", exitCode: 3, message: /does not run \(exit code 3\)/ },
  ];
  it.each(wrong)("turns down $name, and says so", ({ says, exitCode, message }) => {
    expect(findK6({ K6_BIN: program(says, exitCode) })).toEqual({ missing: expect.stringMatching(message) });
  });

  it("does not look elsewhere when K6_BIN is wrong", () => {
    program("k6 v2.2.0 (go1.26.8, linux/amd64)");
    const found = findK6({ K6_BIN: join(folder, "none"), PATH: folder });
    expect(found).toEqual({ missing: expect.stringMatching(/^K6_BIN does not run/) });
  });
});
