import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Desk, openDesk, readVerdict } from "./command-line.ts";

/** A busy machine takes several seconds to start Node alone. */
const COMMAND_MS_MAX = 60_000;
const RUN_MS_MAX = 120_000;

let desk: Desk;
const servers: Server[] = [];

function writeFile(name: string, text: string | Buffer): void {
  writeFileSync(join(desk.path, name), text);
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

beforeAll(() => {
  desk = openDesk();
  writeFile("tiny.yaml", campaign("{ name: trickle, shape: constant, seconds: 1, perSecond: 10 }"));
  writeFile("target.yaml", target("http://127.0.0.1:9"));
});

afterAll(async () => {
  const left = { processes: await desk.processesAfter(5), folders: desk.temporary() };
  await desk.close();
  for (const server of servers) server.close();
  expect(left).toEqual({ processes: [], folders: [] });
});

const campaign = (piece: string) => `claim: wiring
arrivals:
  pieces:
    - ${piece}
thinkTimes: { betweenSteps: { kind: constant, seconds: 0.05 } }
drainSeconds: 1
readBackSeconds: 0.5
`;

const target = (baseUrl: string, more = "") => `name: mine
baseUrl: ${baseUrl}
${more}
readBack: { visibleWithinSeconds: 1 }
steps:
  - role: sign-up
    path: /signups
    json: { email: "\${person.email}", name: "\${person.latinName}" }
    redirects: 3
    timeoutSeconds: 1
    means: { acknowledged: 201 }
  - { role: read-own, path: /me, timeoutSeconds: 1, fields: { email: "json:/email" } }
`;

/** Nine to the ninth power of nothing, in half a kilobyte. */
const BOMB = [..."abcdefghi"]
  .map(
    (name, level) => `${name}: &${name} [${Array(9).fill(level === 0 ? "x" : `*${"abcdefghi"[level - 1]}`)}]`,
  )
  .join("\n");

interface BadFile {
  name: string;
  text: string | Buffer;
  says: RegExp;
}

const BAD_FILES: BadFile[] = [
  { name: "an empty file", text: "", says: /is empty\. Copy a shipped one/ },
  { name: "a binary file", text: Buffer.from([0, 1, 2, 255]), says: /is binary/ },
  { name: "a file that is no UTF-8", text: Buffer.from([0x89, 0x50, 0xff]), says: /is not UTF-8\. Save it/ },
  { name: "a YAML bomb", text: BOMB, says: /expands more than 100 aliases.* Write the repeated part out/ },
  { name: "brackets without an end", text: `a: ${"[".repeat(20_000)}`, says: /nested too deeply/ },
  { name: "plain words", text: "hello\n", says: /:1:1: found "hello", expected a mapping/ },
  {
    name: "an unknown key",
    text: "claim: wiring\narrivals:\n  peices: []\n",
    says: /:3:3: arrivals\.peices: found an unknown key; did you mean "pieces"\?/,
  },
  {
    name: "a negative rate",
    text: campaign("{ name: a, shape: constant, seconds: 1, perSecond: -5 }"),
    says: /:4:58: arrivals\.pieces\[0\]\.perSecond: found -5, expected at least 0/,
  },
  {
    name: "a rate that is not a number",
    text: campaign("{ name: a, shape: constant, seconds: 1, perSecond: .nan }"),
    says: /:4:58: found \.nan, expected a finite number/,
  },
  {
    name: "a crowd without an end",
    text: campaign("{ name: a, shape: constant, seconds: .inf, perSecond: 1 }"),
    says: /:4:44: found \.inf, expected a finite number/,
  },
];

interface BadCommand {
  name: string;
  args: string[];
  says: RegExp;
  env?: Record<string, string>;
  by?: string[];
}

/** Each ends with exit code 2 and sends nothing. */
const BAD_COMMANDS: BadCommand[] = [
  {
    name: "a campaign that is not there",
    args: ["gate", "nope.yaml"],
    says: /does not exist\. Check the path/,
  },
  {
    name: "a mistyped campaign",
    args: ["gate", "smke"],
    says: /no campaign "smke"\. Did you mean "smoke"\?/,
  },
  { name: "a folder as a campaign", args: ["gate", "."], says: /is not a file\. Name a YAML file/ },
  {
    name: "a campaign given as a target",
    args: ["gate", "smoke", "--target", "tiny.yaml"],
    says: /tiny\.yaml:1:1: baseUrl: found nothing, expected text/,
  },
  {
    name: "a target nobody listens at",
    args: ["gate", "tiny.yaml", "--target", "target.yaml"],
    says: /Nobody answers at http:\/\/127\.0\.0\.1:9 .* Start it, or mend baseUrl/,
  },
  {
    name: "the same, tried",
    args: ["try", "target.yaml"],
    says: /Nobody answers at .* Start it, or mend baseUrl/,
  },
  {
    name: "a fault for somebody else's target",
    args: ["gate", "smoke", "--target", "target.yaml", "--fault", "max-plus-one"],
    says: /--fault is for the reference service; leave out/,
  },
  {
    name: "a fault that does not exist",
    args: ["gate", "smoke", "--fault", "max-plus-two"],
    says: /there is no fault "max-plus-two"\. Did you mean max-plus-one\?/,
  },
  { name: "a negative scale", args: ["gate", "smoke", "--scale", "-1"], says: /not a number above 0\. Type/ },
  {
    name: "a scale beyond all limits",
    args: ["gate", "smoke", "--scale", "1e9"],
    says: /more than 200000.*lower --scale/,
  },
  {
    name: "a seed that is no number",
    args: ["gate", "smoke", "--seed", "x"],
    says: /--seed x: expected a whole number of 0 or more\. Type/,
  },
  {
    name: "an unknown engine",
    args: ["gate", "--engine", "gatling"],
    says: /choices are auto, k6, embedded/,
  },
  { name: "a mistyped option", args: ["gate", "--targt", "x"], says: /Did you mean --target\?/ },
  { name: "a mistyped command", args: ["gaet"], says: /Did you mean gate\?/ },
  {
    name: "an engine that is not there",
    args: ["gate", "smoke", "--engine", "k6"],
    env: { K6_BIN: "/nope/k6" },
    says: /K6_BIN does not run .* Or take --engine embedded/,
  },
  {
    name: "a port beyond the last",
    args: ["serve", "--port", "99999"],
    says: /whole number from 0 to 65535\. Type/,
  },
  {
    name: "a database nobody listens at",
    args: ["gate", "smoke"],
    env: { DATABASE_URL: "postgresql://me:geheim@127.0.0.1:9/x" },
    says: /The database 127\.0\.0\.1:9\/x cannot be used: .* Check DATABASE_URL/,
  },
  {
    name: "a run folder that is not there",
    args: ["judge", "nope"],
    says: /holds no plan\.json\. Name a run folder/,
  },
  {
    name: "a file as the run folder",
    args: ["gate", "tiny.yaml", "--engine", "embedded", "--out", "tiny.yaml"],
    says: /tiny\.yaml cannot be written\. Choose .*--out DIR/,
  },
  {
    // Also root may not write here.
    name: "a run folder where nobody may write",
    args: ["gate", "tiny.yaml", "--engine", "embedded", "--out", "/proc/crowdproof"],
    says: /\/proc\/crowdproof cannot be written\. Choose .*--out DIR/,
  },
  {
    name: "too few file descriptors",
    args: ["gate", "smoke", "--engine", "embedded"],
    by: ["prlimit", "--nofile=64"],
    says: /open files are needed, 64 are allowed\. Type: ulimit -n \d+/,
  },
];

describe("told what is wrong and what to type next, with exit code 2:", () => {
  it.each(BAD_FILES)(
    "$name",
    async ({ text, says }) => {
      writeFile("bad.yaml", text);
      const { exitCode, stderr, stdout } = await desk.run(["gate", "bad.yaml"]);
      expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toMatch(says);
    },
    COMMAND_MS_MAX,
  );

  it.each(BAD_COMMANDS)(
    "$name",
    async ({ args, says, env = {}, by = [] }) => {
      const { exitCode, stderr } = await desk.run(args, { env, by });
      expect(stderr).toMatch(says);
      expect(stderr).not.toContain("geheim");
      expect(exitCode, stderr).toBe(2);
    },
    COMMAND_MS_MAX,
  );

  it(
    "secrets that are missing, all at once",
    async () => {
      const headers = 'headers: { x-key: "${env:MY_KEY}", x-more: "${file:/nope/secret}" }';
      writeFile("secret.yaml", target("http://127.0.0.1:9", headers));
      const { exitCode, stderr } = await desk.run(["gate", "tiny.yaml", "--target", "secret.yaml"]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/environment variable MY_KEY; type: export MY_KEY=/);
      expect(stderr).toMatch(/the file \/nope\/secret/);
    },
    COMMAND_MS_MAX,
  );

  it(
    "a port in use",
    async () => {
      const port = await listen(createServer());
      const { exitCode, stderr } = await desk.run(["serve", "--port", String(port)]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(new RegExp(`Port ${port} .* is in use\\. Stop what listens there, or `));
    },
    COMMAND_MS_MAX,
  );
});

describe("a host that is not this machine", () => {
  // Documentation addresses (RFC 5737) that lead to a server of ours, so that anything sent would be seen.
  it(
    "is sent nothing before it was named on the command line, and nothing with mails that could reach strangers",
    async () => {
      let connections = 0;
      const port = await listen(createServer(() => connections++));
      writeFile("remote.yaml", target(`http://192.0.2.1:${port}`));
      const args = ["gate", "tiny.yaml", "--target", "remote.yaml"];
      const unnamed = await desk.run(args);
      expect(unnamed).toMatchObject({ exitCode: 2, stdout: "" });
      expect(unnamed.stderr).toMatch(/not this machine.* add: --i-own-this-target 192\.0\.2\.1/);
      const named = await desk.run([...args, "--i-own-this-target", "192.0.2.1"]);
      expect(named).toMatchObject({ exitCode: 2, stdout: "" });
      expect(named.stderr).toMatch(/Its file must say sinks\.mail .* sinks\.sms .* emailDomain/);
      expect(connections).toBe(0);
      // A name of this machine that is made to lead elsewhere is no name of this machine.
      const resolved = target(`http://localhost:${port}`, "resolve: { localhost: 192.0.2.1 }");
      writeFile("resolved.yaml", resolved);
      const misled = await desk.run(["try", "resolved.yaml"]);
      expect(misled).toMatchObject({ exitCode: 2, stdout: "" });
      expect(misled.stderr).toMatch(/leads to localhost, which is not this machine/);
      expect(connections).toBe(0);
    },
    COMMAND_MS_MAX,
  );
});

interface BadTarget {
  name: string;
  server: () => Server;
  /** What `try` says of the sign-up's answer. */
  says: RegExp;
}

const respond = (answer: (request: IncomingMessage, response: ServerResponse) => void) => () =>
  createHttpServer((request, response) => {
    request.resume();
    response.on("error", () => {});
    answer(request, response);
  });

const BAD_TARGETS: BadTarget[] = [
  {
    name: "accepts connections and never answers",
    server: () => createServer((socket) => socket.on("error", () => {}).resume()),
    says: /no answer \(timeout\)[\s\S]*look whether it hangs/,
  },
  {
    name: "closes every connection",
    server: () => createServer((socket) => socket.on("error", () => {}).once("data", () => socket.destroy())),
    says: /no answer \(reset\)[\s\S]*look into its log/,
  },
  {
    name: "does not speak HTTP",
    server: () =>
      createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end("SSH-2.0-x\r\n"))),
    says: /no answer \(bad-http\)[\s\S]*right port and protocol/,
  },
  {
    name: "answers HTML",
    server: respond((_request, response) => response.end("<!doctype html><h1>Welcome</h1>")),
    says: /failed \(unclassified\): say in the step's `means`[\s\S]*<h1>Welcome/,
  },
  {
    name: "answers 500",
    server: respond((_request, response) => response.writeHead(500).end("oops")),
    says: /indeterminate \(unmarked-5xx\): look into its log/,
  },
  {
    name: "redirects in circles",
    server: respond((request, response) => response.writeHead(307, { location: request.url }).end()),
    says: /no answer \(too-many-redirects\)[\s\S]*in circles/,
  },
  {
    name: "never ends its answer",
    server: respond((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.writeHead(201).on("drain", more);
      more();
    }),
    says: /no answer \(too-large\)[\s\S]*limits\.answerBytesMax/,
  },
  {
    name: "answers without a body",
    server: respond((_request, response) => response.writeHead(204).end()),
    says: /204, 0 bytes[\s\S]*failed \(unclassified\)/,
  },
];

describe("a target that", () => {
  it.each(BAD_TARGETS)(
    "$name is not usable, and a crowd sent to it says nothing",
    async (bad) => {
      const file = `${bad.name.replaceAll(" ", "-")}.yaml`;
      const out = `run-${file}`;
      writeFile(file, target(`http://127.0.0.1:${await listen(bad.server())}`));
      const [tried, sent] = await Promise.all([
        desk.run(["try", file]),
        desk.run(["gate", "tiny.yaml", "--target", file, "--engine", "embedded", "--out", out]),
      ]);
      expect(tried.exitCode, tried.stderr).toBe(2);
      expect(tried.stdout).toMatch(bad.says);
      expect(tried.stdout).toMatch(/not usable: in no answer did the visitor's own data come back/);
      expect(sent.exitCode, sent.stderr).toBe(3);
      expect(sent.stdout).toContain(`see one visitor step by step: npx crowdproof try ${file}`);
      expect(readVerdict(join(desk.path, out))).toMatchObject({ outcome: "unknown", exposuresTotal: 0 });
    },
    RUN_MS_MAX,
  );
});

describe("a run folder", () => {
  it(
    "of another version is refused, and told which version judges it",
    async () => {
      const dir = join(desk.path, "old");
      mkdirSync(dir);
      writeFileSync(join(dir, "plan.json"), JSON.stringify({ format: 99 }));
      writeFileSync(join(dir, "events.ndjson"), "");
      const { exitCode, stderr } = await desk.run(["judge", "old"]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /has format 99, this Crowdproof reads format \d+\. Judge the run with the version/,
      );
    },
    COMMAND_MS_MAX,
  );

  it(
    "that holds a run already is not written over",
    async () => {
      const dir = join(desk.path, "taken");
      mkdirSync(dir);
      writeFileSync(join(dir, "plan.json"), "mine");
      const port = await listen(createServer());
      writeFile("listens.yaml", target(`http://127.0.0.1:${port}`));
      const { exitCode, stderr } = await desk.run([
        "gate",
        "tiny.yaml",
        "--target",
        "listens.yaml",
        "--out",
        "taken",
      ]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/holds a run already.* Choose another: --out DIR/);
      expect(readFileSync(join(dir, "plan.json"), "utf8")).toBe("mine");
      expect(readdirSync(dir)).toEqual(["plan.json"]);
    },
    COMMAND_MS_MAX,
  );
});
