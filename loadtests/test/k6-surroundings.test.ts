import { execFileSync, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { guardMemory } from "../src/engine/k6/memory-guard.ts";
import { sendK6 } from "../src/engine/k6/send-k6.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { Target } from "../src/target/target.ts";
import { UsageError } from "../src/usage-error.ts";
import { donesOf, handmadePlan, handmadeTarget, requestsOf, type Send, sendAndRead } from "./conformance.ts";
import { describeWith } from "./needs.ts";
import { startScriptedServer } from "./scripted-server.ts";

/** What surrounds k6 on its machine and on the wire: memory, disk, a target that dies, certificates. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crowdproof-k6-around-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const plain = (visitors: number, seconds = 0.5) =>
  Array.from({ length: visitors }, (_, visitor) => ({
    behaviour: "plain" as const,
    dueSeconds: (seconds * visitor) / visitors,
  }));

describe.runIf(process.platform === "linux")("the guard of k6's memory", () => {
  const MIB = 2 ** 20;

  test.each([
    { name: "speaks up when a process takes more than it may", bytesMax: 40 * MIB, isExceeded: true },
    { name: "leaves a process alone that takes less", bytesMax: 4_096 * MIB, isExceeded: false },
  ])("$name", async ({ bytesMax, isExceeded }) => {
    // Node itself takes more than 40 MiB.
    const child = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 60_000); console.log(1)"]);
    onTestFinished(() => void child.kill());
    await once(child.stdout, "data");
    let exceeded = false;
    const guard = guardMemory(
      child.pid,
      () => {
        exceeded = true;
      },
      bytesMax,
    );
    onTestFinished(() => guard.stop());
    // Three of its looks.
    await sleep(700);
    expect(exceeded).toBe(isExceeded);
  });
});

describeWith("k6", "k6 against a target that is killed", (k6Path) => {
  test("leaves no arrival without its end, and names what was lost", async () => {
    const script = join(folder, "target.mjs");
    writeFileSync(
      script,
      `import { createServer } from "node:http";
       createServer(() => {}).listen(0, "127.0.0.1", function () { process.send(this.address().port); });`,
    );
    const child = fork(script);
    const [port] = (await once(child, "message")) as [number];
    const send: Send = (plan, options) => sendK6(plan, { ...options, k6Path });
    setTimeout(() => child.kill("SIGKILL"), 2_500);
    const target = handmadeTarget(`http://127.0.0.1:${port}`, []);
    const run = await sendAndRead(send, handmadePlan({ target, visitors: plain(40, 4), durationSeconds: 4 }));
    expect(run.totals).toMatchObject({ arrivals: 40, dones: 40, stopped: null });
    expect(donesOf(run)).toHaveLength(40);
    const reasons = new Set(requestsOf(run).map(({ reason }) => reason));
    // Those under way when it died, and those who came later.
    expect(reasons).toContain("reset");
    expect(reasons).toContain("connection-refused");
    const refused = requestsOf(run).filter(({ reason }) => reason === "connection-refused");
    expect(new Set(refused.map((request) => request.class))).toEqual(new Set(["failed"]));
  }, 30_000);
});

describeWith("k6", "k6 on a full disk", (k6Path) => {
  test("says so, with what to do, and does not send to the end", async ({ skip }) => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const mount = ["-t", "tmpfs", "-o", "size=64k", "none", disk];
    if (spawnSync("mount", mount, { stdio: "ignore" }).status !== 0) skip("mounting a small disk needs root");
    onTestFinished(() => void execFileSync("umount", [disk]));
    const server = await startScriptedServer();
    onTestFinished(() => server.close());
    const visitors = plain(1_000, 25);
    const plan = handmadePlan({ target: handmadeTarget(server.url, []), visitors, durationSeconds: 25 });
    const sent = sendK6(plan, { dir: disk, secrets: {}, signal: new AbortController().signal, k6Path });
    const error = await sent.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(/no space is left on its disk; free some/);
    expect(server.requests.length).toBeLessThan(1_000);
  }, 60_000);
});

describeWith("k6", "k6 over TLS", (k6Path) => {
  const send: Send = (plan, options) => sendK6(plan, { ...options, k6Path });
  let server: Http2SecureServer;
  let seen: { httpVersion: string; isKnown: boolean }[];
  const file = (name: string) => join(folder, name);

  beforeAll(() => {
    makeCertificate("server", "subjectAltName=IP:127.0.0.1");
    makeCertificate("client", "extendedKeyUsage=clientAuth");
  });
  beforeEach(async () => {
    seen = [];
    server = createSecureServer(
      {
        allowHTTP1: true,
        key: readFileSync(file("server.key")),
        cert: readFileSync(file("server.pem")),
        ca: readFileSync(file("client.pem")),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const isKnown = (request.stream?.session?.socket ?? request.socket) as { authorized?: boolean };
        seen.push({ httpVersion: request.httpVersion, isKnown: isKnown.authorized === true });
        response.writeHead(503, { "content-type": "application/json" }).end('{"code":"busy"}');
      },
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.close();
  });

  const planFor = (over: Partial<Target>): Plan => {
    const { port } = server.address() as AddressInfo;
    const target = handmadeTarget(`https://127.0.0.1:${port}`, [], over);
    return handmadePlan({ target, visitors: plain(2) });
  };

  /** Self-signed: its own authority. */
  function makeCertificate(name: string, extension: string): void {
    const files = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const args = ["req", "-x509", ...kind, ...files, "-subj", `/CN=${name}`, "-addext", extension];
    execFileSync("openssl", args, { stdio: "ignore" });
  }

  const rows = [
    { name: "speaks HTTP/1.1 where the target file says so", http: "1.1" as const, httpVersion: "1.1" },
    { name: "speaks HTTP/2 where the target file says so", http: "2" as const, httpVersion: "2.0" },
  ];
  test.each(rows)("$name, trusting the target's own CA and nobody's name", async ({ http, httpVersion }) => {
    const run = await sendAndRead(
      send,
      planFor({ http, tls: { caFile: file("server.pem"), insecure: false } }),
    );
    expect(requestsOf(run).map((request) => request.class)).toEqual(["refused", "refused"]);
    expect(seen).toEqual(Array(2).fill({ httpVersion, isKnown: false }));
  });

  test("shows the target its client certificate", async () => {
    const tls = {
      caFile: file("server.pem"),
      certFile: file("client.pem"),
      keyFile: file("client.key"),
      insecure: false,
    };
    await sendAndRead(send, planFor({ tls }));
    expect(seen).toEqual(Array(2).fill({ httpVersion: "1.1", isKnown: true }));
  });

  test("sends nothing to a target whose certificate nobody vouches for", async () => {
    const run = await sendAndRead(send, planFor({ tls: { insecure: false } }));
    expect(seen).toEqual([]);
    expect(requestsOf(run).map((request) => request.class)).not.toContain("refused");
    expect(requestsOf(run).every(({ status }) => status === null)).toBe(true);
  });

  test("sends to it all the same where the target file says insecure", async () => {
    await sendAndRead(send, planFor({ tls: { insecure: true } }));
    expect(seen).toHaveLength(2);
  });
});
