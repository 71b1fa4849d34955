import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { leakyTarget } from "./leaky-signup.ts";
import { createProbeStage, MS_MAX, TOKEN } from "./probe-stage.ts";

const stage = createProbeStage();

interface BadCommand {
  name: string;
  args: string[];
  says: RegExp;
}

const BAD: BadCommand[] = [
  { name: "no target", args: [], says: /missing required argument 'TARGET'/ },
  {
    name: "a target that is not there",
    args: ["nope.yaml"],
    says: /nope\.yaml does not exist\. Check the path/,
  },
  { name: "an unknown option", args: ["leaky.yaml", "--per-hour", "3"], says: /unknown option '--per-hour'/ },
  {
    name: "a token without a webhook",
    args: ["leaky.yaml", "--halt-token-file", "halt.token"],
    says: /--halt-token-file is for a webhook; add: --halt-webhook URL/,
  },
  {
    name: "a token that everybody can read",
    args: ["leaky.yaml", "--halt-webhook", "http://127.0.0.1:1", "--halt-token-file", "open.token"],
    says: /open\.token can be read by others than you\. Type: chmod 600/,
  },
  {
    name: "a token that is not there",
    args: ["leaky.yaml", "--halt-webhook", "http://127.0.0.1:1", "--halt-token-file", "no.token"],
    says: /--halt-token-file no\.token cannot be read/,
  },
  {
    name: "a target that nobody can clean up",
    args: ["dirty.yaml"],
    says: /leaky has no cleanUp in its target file.*Say there how they are removed \(docs\/target-file\.md\), or .*--keep/s,
  },
  {
    name: "a target whose steps wait for mails",
    args: ["mailed.yaml"],
    says: /The step "confirm" of leaky waits for a mail, which a probe cannot yet\./,
  },
  {
    name: "a host that is not this machine",
    args: ["remote.yaml"],
    says: /leads to 192\.0\.2\.1, which is not this machine.*--i-own-this-target 192\.0\.2\.1/s,
  },
  {
    name: "a folder of something else",
    args: ["leaky.yaml", "--port", "0", "--out", "full"],
    says: /full holds something else than a probe\. Choose another: --out DIR/,
  },
];

describe("a probe that is asked for wrongly", { timeout: MS_MAX }, () => {
  beforeEach(() => {
    writeFileSync(join(stage.desk.path, "dirty.yaml"), leakyTarget(stage.signup.url, ""));
    const confirm = "  - { role: verify, name: confirm, mail: {}, captures: { link: 'pattern:(http.*)' } }\n";
    const sink = "sinks: { mail: { smtp: '127.0.0.1:1025' } }\n";
    writeFileSync(join(stage.desk.path, "mailed.yaml"), leakyTarget(stage.signup.url, confirm + sink));
    writeFileSync(join(stage.desk.path, "remote.yaml"), leakyTarget("http://192.0.2.1"));
    writeFileSync(join(stage.desk.path, "open.token"), TOKEN, { mode: 0o644 });
    mkdirSync(join(stage.desk.path, "full"), { recursive: true });
    writeFileSync(join(stage.desk.path, "full", "letter.txt"), "dear …");
  });

  it.each(BAD)("refuses $name with a sentence, and sends nobody", async ({ args, says }) => {
    const { exitCode, stderr } = await stage.desk.run(["probe", ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(says) });
    expect(stage.signup.members()).toBe(0);
  });

  it("refuses a port and a folder that another probe has", async () => {
    const probe = await stage.startProbe();
    const port = /127\.0\.0\.1:(\d+)\/metrics/.exec(probe.running.said())?.[1] ?? "";
    const taken = await stage.desk.run(["probe", "leaky.yaml", "--port", port]);
    expect(taken.exitCode).toBe(2);
    expect(taken.stderr).toMatch(
      /Port \d+ is in use, perhaps by another probe\. Name another, or .*--port 0/,
    );
    const folder = await stage.desk.run(["probe", "leaky.yaml", "--port", "0", "--out", probe.dir]);
    expect(folder.exitCode).toBe(2);
    expect(folder.stderr).toMatch(
      /The probe with process \d+ works in .* End it, or choose another: --out DIR/,
    );
    await probe.stop();
  });
});
