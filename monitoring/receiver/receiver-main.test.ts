import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "receiver-main.ts");

const other = createServer();
beforeEach(async () => {
  other.listen(0, "127.0.0.2");
  await once(other, "listening");
});
afterEach(() => other.close());

/** Its exit code, and what it says; each of these ends by itself. */
const run = (args: string[]): Promise<{ code: unknown; words: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: 15_000 }, (error, _, words) =>
      resolve({ code: error?.code ?? 0, words }),
    );
  });

it("says which address is taken, the one that was asked for", async () => {
  const { port } = other.address() as { port: number };
  expect(await run(["--host=127.0.0.2", `--port=${port}`])).toEqual({
    code: 2,
    words: `listen tcp 127.0.0.2:${port}: bind: address already in use\n`,
  });
});

it.each([
  { name: "an option that there is not", args: ["--prot=1"], words: /^Unknown option '--prot'/ },
  { name: "a port that is none", args: ["--port=70000"], words: /^--port 70000: expected a whole number/ },
  {
    name: "a host that is none of ours",
    args: ["--host=192.0.2.1", "--port=0"],
    words: /^listen tcp 192\.0\.2\.1:0: /,
  },
  {
    name: "a webhook that is no address",
    args: ["--silence-webhook=example.org:80/hook"],
    words: /^--silence-webhook example\.org:80\/hook: expected a URL/,
  },
  {
    name: "no number",
    args: ["--silence-seconds=soon"],
    words: /^--silence-seconds soon: expected a number/,
  },
])("refuses $name in a sentence", async ({ args, words }) => {
  expect(await run(args)).toEqual({ code: 2, words: expect.stringMatching(words) });
});

it.each([
  { name: "calls the webhook when the watchdog is silent", given: (url: string) => url, called: 1 },
  // As docker-compose.yml gives it where nobody has named one.
  { name: "takes an empty webhook for none", given: () => "", called: 0 },
])("$name", async ({ given, called }) => {
  const bodies: string[] = [];
  const server = createHttpServer((request, response) => {
    request.on("data", (chunk) => bodies.push(String(chunk))).on("end", () => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const receiver = spawn(
    process.execPath,
    [MAIN, "--port=0", "--first-word-seconds=0", "--on-silence=exit 3", `--silence-webhook=${given(url)}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    let said = "";
    receiver.stdout.on("data", (chunk) => (said += String(chunk)));
    // Told when every way has ended.
    await expect.poll(() => said, { timeout: 15_000 }).toContain("the command for silence ended with 3");
    expect(said).not.toContain("webhook");
    expect(bodies.map((body) => (JSON.parse(body) as { status: string }).status)).toEqual(
      Array.from({ length: called }, () => "silent"),
    );
  } finally {
    const closed = once(receiver, "close");
    receiver.kill("SIGTERM");
    await closed;
    server.close();
  }
});

it("shows the stack of what nobody at the keyboard can mend", async () => {
  // The first thing that it asks of the machine's clock is gone: a bug, as far as anybody can tell.
  const broken = "data:text/javascript,delete performance.constructor.prototype.now";
  const { code, words } = await new Promise<{ code: unknown; words: string }>((resolve) => {
    execFile(
      process.execPath,
      [`--import=${broken}`, MAIN, "--port=0"],
      { timeout: 15_000 },
      (error, _, said) => resolve({ code: error?.code ?? 0, words: said }),
    );
  });
  expect({ code, words }).toEqual({
    code: 70,
    words: expect.stringMatching(/^This is a bug\.\nTypeError: .*\n +at /),
  });
});
