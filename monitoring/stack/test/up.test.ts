import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe } from "vitest";
import { PORTS } from "../../catalogue/ports.ts";
import { processesOf, TEST_MS, test, typed, type Up, urlIn, WITHIN, whenUp } from "./up.ts";

/** Fewer programs start sooner. */
const NOWHERE = { PROMETHEUS_BIN: "/nowhere", ALERTMANAGER_BIN: "/nowhere" };

describe.skipIf(!existsSync("/proc/self/environ"))("npm run up", () => {
  test.concurrent("starts all of it, says where it is and who may do what, and Ctrl-C leaves only tokens and logs", {
    timeout: TEST_MS,
  }, async ({ start, expect }) => {
    const up = await start("--free-ports", "--planned", "43.5");
    await whenUp(up, expect);
    expect(await (await fetch(`${urlIn(up, "admin")}/metrics`)).text()).toMatch(
      /^crowdproof_plan_visitors_per_second 43\.5$/m,
    );
    expect(await (await fetch(`${urlIn(up, "sign up")}/healthz`)).text()).toContain("alive");
    expect((await fetch(`${urlIn(up, "receiver")}/healthz`)).status).toBe(200);
    expect((await stat(up.folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(up.folder, "jane.token"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(up.folder, "env"), "utf8")).toContain(urlIn(up, "sign up"));
    expect(
      await typed(`. ${join(up.folder, "env")}; xargs -0 < "/proc/$SERVICE_PID/cmdline"`),
      "SIGHUP goes to",
    ).toMatch(/service\/src\/main\.ts$/m);
    expect(await halt(up)).toMatchObject({ phase: "halted" });
    expect(processesOf(up).length).toBeGreaterThan(4);
    up.child.kill("SIGINT");
    expect(await up.exited).toEqual([0, null]);
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    await expect.poll(() => readdir(up.room), WITHIN).toEqual(["up"]);
  });

  test.concurrent("leaves no process behind when it is killed", { timeout: TEST_MS }, async ({
    start,
    expect,
  }) => {
    const up = await start("--free-ports", "--fault", "module-variable");
    await whenUp(up, expect);
    expect(up.said()).toContain("with the fault module-variable switched on");
    up.child.kill("SIGKILL");
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    await expect.poll(() => readdir(up.room), WITHIN).toEqual(["up"]);
  });

  test.concurrent("says first that nobody is paged where nothing is there to page, and what to mend", {
    timeout: TEST_MS,
  }, async ({ startWith, expect }) => {
    const up = await startWith(NOWHERE, "--free-ports");
    await whenUp(up, expect);
    expect(up.said()).toMatch(
      /^Up, but NOBODY IS PAGED: Alertmanager is not here\. Ctrl-C stops all of it\.$/m,
    );
    expect(up.said()).not.toMatch(/Everything is up|What Alertmanager says/);
    expect(up.said()).toMatch(
      /^ {2}Prometheus {5}not here: no numbers, no rules, no dashboards\. PROMETHEUS_BIN is \/nowhere, which is no program: correct or unset it\.$/m,
    );
    expect(up.said()).toMatch(
      /^ {2}Alertmanager {3}not here: nobody is paged, .*\. ALERTMANAGER_BIN is \/nowhere, which is no program: /m,
    );
  });

  test.concurrent("ends, and leaves no process behind, when its service is killed", {
    timeout: TEST_MS,
  }, async ({ startWith, expect }) => {
    const up = await startWith(NOWHERE, "--free-ports");
    await whenUp(up, expect);
    const pid = /SERVICE_PID='(\d+)'/.exec(await readFile(join(up.folder, "env"), "utf8"))?.[1];
    process.kill(Number(pid), "SIGKILL");
    expect(await up.exited).toEqual([2, null]);
    await expect
      .poll(up.said, WITHIN)
      .toMatch(/The service ended \(SIGKILL\); its log is .* The rest was stopped\./);
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
  });

  test.concurrent("stops what it has started when Ctrl-C comes during the start, and once more while it stops", {
    timeout: TEST_MS,
  }, async ({ startWith, expect }) => {
    const up = await startWith(NOWHERE, "--free-ports");
    await expect.poll(up.said, { ...WITHIN, interval: 20 }).toContain("starting service, PostgreSQL");
    expect(processesOf(up).length).toBeGreaterThan(1);
    up.child.kill("SIGINT");
    await expect.poll(up.said, { ...WITHIN, interval: 5 }).toContain("Stopping everything");
    up.child.kill("SIGINT");
    expect(await up.exited).toEqual([130, null]);
    expect(up.said()).toContain("Stopped before everything was up.");
    expect(up.said()).not.toContain("with a fault");
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    await expect.poll(() => readdir(up.room), WITHIN).toEqual(["up"]);
  });

  test.concurrent.for([
    { args: ["--fautl", "x"], words: /^Unknown option '--fautl'/ },
    { args: ["--planned", "many"], words: /^--planned many: expected visitors a second/ },
    { args: ["--workers", "0"], words: /^--workers 0: expected a number of processes/ },
    {
      args: ["--folder", "/dev/null"],
      words: /^The run's folder cannot be made .* Name a new one: --folder DIR$/m,
    },
  ])("refuses $args in a sentence", { timeout: TEST_MS }, async ({ args, words }, { start, expect }) => {
    const up = await start(...args);
    expect(await up.exited).toEqual([2, null]);
    await expect.poll(up.said, WITHIN).toMatch(words);
  });

  test.concurrent("says which port is taken, and how to do without", { timeout: TEST_MS }, async ({
    start,
    expect,
  }) => {
    // Ours, or another program's that has it already: the same to whoever types it.
    const other = createServer()
      .listen(PORTS.receiver, "127.0.0.1")
      .on("error", () => {});
    await Promise.race([once(other, "listening"), once(other, "error")]);
    try {
      const up = await start();
      expect(await up.exited).toEqual([2, null]);
      expect(up.said()).toContain(
        `The receiver cannot listen on 127.0.0.1:${PORTS.receiver}: another program does.`,
      );
      expect(up.said()).toContain("npm run up -- --free-ports");
      await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    } finally {
      other.close();
    }
  });
});

/** As the screen says to. */
async function halt(up: Up): Promise<unknown> {
  const answer = await fetch(`${urlIn(up, "admin")}/halt`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${await readFile(join(up.folder, "jane.token"), "utf8")}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ reason: "I want to see it" }),
  });
  return answer.json();
}
