import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { REFERENCE_TARGET } from "../reference/reference-target.ts";
import { UsageError } from "../usage-error.ts";
import { loadTarget, targetJsonSchema } from "./load-target.ts";
import { requireOwnTarget } from "./permission.ts";
import { resolveSecrets } from "./secrets.ts";
import type { Target } from "./target.ts";

const MINIMAL = `
name: tiny
baseUrl: http://127.0.0.1:3000/
steps:
  - role: sign-up
    path: /sign-up
    json: { email: "\${person.email}" }
    means: { acknowledged: 2xx, refused: [429, { status: 503, json: { /code: busy } }], rejected: { body: "taken|used" } }
    session: cookie:session
  - role: prepare
    path: /form
    captures: { csrf: "html:input[name=csrf]@value" }
  - role: read-own
    path: /me
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-target-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string): Promise<Target> {
  const file = join(folder, "target.yaml");
  await writeFile(file, text);
  return loadTarget(file);
}

/** MINIMAL with some of it changed: path → value, undefined where it is taken out. */
async function loadChanged(changes: Record<string, unknown>): Promise<Target> {
  const document = parseDocument(MINIMAL);
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    if (value === undefined) document.deleteIn(steps);
    else document.setIn(steps, value);
  }
  return load(document.toString());
}

describe("a target file", () => {
  it("of fifteen lines is a whole target, its steps in the journey's order", async () => {
    const target = await load(MINIMAL);
    expect(target).toMatchObject({
      baseUrl: "http://127.0.0.1:3000",
      hosts: ["127.0.0.1"],
      connections: "fresh",
      emailDomain: "crowd.example",
      readBack: { http: true, visibleWithinSeconds: 5 },
      telemetry: { logFiles: [], counters: {}, exclusive: false },
      notJudged: {},
    });
    expect(target.steps.map(({ name, method }) => [name, method])).toEqual([
      ["prepare", "GET"],
      ["sign-up", "POST"],
      ["read-own", "GET"],
    ]);
    const [prepare, signUp, readOwn] = target.steps;
    expect(prepare?.captures).toEqual({ csrf: { html: "input[name=csrf]", attribute: "value" } });
    expect(signUp?.session).toEqual({ cookie: "session" });
    expect(signUp?.means.acknowledged?.[0]?.status).toHaveLength(100);
    expect(signUp?.means.refused).toEqual([{ status: [429] }, { status: [503], json: { "/code": "busy" } }]);
    expect(signUp?.means.rejected).toEqual([{ body: "taken|used" }]);
    expect(readOwn?.means).toEqual({
      served: [{ status: [200] }],
      denied: [{ status: [401, 403] }],
      absent: [{ status: [404, 410] }],
    });
  });

  it("has paths relative to itself, in secrets as well", async () => {
    const target = await loadChanged({
      tls: { caFile: "ca.pem" },
      telemetry: { logFiles: ["service.log", "${env:LOG:-}"] },
      headers: { "X-Api-Key": "${file:key.txt}" },
    });
    expect(target.tls.caFile).toBe(join(folder, "ca.pem"));
    expect(target.telemetry.logFiles).toEqual([join(folder, "service.log"), "${env:LOG:-}"]);
    expect(target.headers).toEqual({ "X-Api-Key": `\${file:${join(folder, "key.txt")}}` });
  });

  it("resolves its hosts however they are written", async () => {
    const target = await loadChanged({
      baseUrl: "http://Signup.Example:3000",
      hosts: ["SIGNUP.example"],
      resolve: { "Signup.example": "127.0.0.1" },
    });
    expect([target.hosts, target.resolve]).toEqual([["signup.example"], { "signup.example": "127.0.0.1" }]);
    await requireOwnTarget(target, []);
  });

  const refusals: { name: string; changes: Record<string, unknown>; says: RegExp }[] = [
    {
      name: "an unknown key",
      changes: { "steps.0.methd": "PUT" },
      says: /methd: found an unknown key; did you mean "method"\?/,
    },
    {
      name: "a place of no kind",
      changes: { "steps.0.session": "body:token" },
      says: /session: found "body:token", expected one of json:\/pointer, header:name/,
    },
    {
      name: "a pointer without its slash",
      changes: { "steps.0.memberId": "json:number" },
      says: /found the JSON pointer "number", expected it to begin with "\/"/,
    },
    {
      name: "a pattern that does not compile",
      changes: { "steps.0.memberId": "pattern:([" },
      says: /no regular expression/,
    },
    {
      name: "a pattern that k6 does not have",
      changes: { memberId: { pattern: "\\p{L}+" } },
      says: /k6's engine does not have/,
    },
    {
      name: "hosts without that of baseUrl",
      changes: { hosts: ["localhost"] },
      says: /hosts: found no 127\.0\.0\.1, the host of baseUrl/,
    },
    {
      name: "a step on another host",
      changes: { hosts: ["127.0.0.1"], "steps.0.path": "https://other.example/x" },
      says: /found other\.example, expected one of the hosts: 127\.0\.0\.1/,
    },
    {
      name: "a host that only the environment knows",
      changes: { baseUrl: "${env:URL}" },
      says: /expected hosts: \[NAME\]/,
    },
    {
      name: "a base URL of another kind",
      changes: { baseUrl: "ftp://127.0.0.1" },
      says: /expected http:\/\/host:port/,
    },
    {
      name: "a field nobody has",
      changes: { "steps.0.json.email": "${person.emial}" },
      says: /found \$\{person\.emial\}; did you mean \$\{person\.email\}\?/,
    },
    {
      name: "a capture that comes later",
      changes: { "steps.1.path": "/${captured.id}", "steps.0.captures": { id: "json:/id" } },
      says: /found \$\{captured\.id\}; expected a capture of an earlier step; there is none/,
    },
    {
      name: "a misspelled capture",
      changes: { "steps.0.headers": { "x-csrf": "${captured.crsf}" } },
      says: /did you mean \$\{captured\.csrf\}\?/,
    },
    {
      name: "a person where there is none",
      changes: { headers: { "x-who": "${person.email}" } },
      says: /expected only \$\{env:NAME\} or \$\{file:PATH\} here/,
    },
    {
      name: "nonsense in braces",
      changes: { "steps.0.path": "/${email}" },
      says: /found \$\{email\}, expected \$\{person\.FIELD\}/,
    },
    {
      name: "a plain secret",
      changes: { headers: { Authorization: "Bearer abc" } },
      says: /headers\.Authorization: found what looks like a plain secret/,
    },
    {
      name: "a plain secret in a step",
      changes: { "steps.2.headers": { "X-Api-Key": "$${env:KEY}" } },
      says: /plain secret/,
    },
    {
      name: "a 503 that a proxy may send",
      changes: { "steps.0.means.refused": 503 },
      says: /found a 5xx without a marker/,
    },
    {
      name: "all 5xx",
      changes: { "steps.0.means.waiting": { status: "5xx" } },
      says: /found a 5xx without a marker/,
    },
    {
      name: "a waiver of what is always judged",
      changes: { notJudged: { "reads-own": "too hard" } },
      says: /notJudged\.reads-own: found a check that is always judged/,
    },
    ...["start-error", "control", "error-ratio", "watching"].map((check) => ({
      name: `a waiver of ${check}, which is no invariant`,
      changes: { notJudged: { [check]: "too slow" } },
      says: new RegExp(`notJudged\\.${check}: found a check that is always judged`),
    })),
    {
      name: "a waiver of no check",
      changes: { notJudged: { "id-unique": "no IDs" } },
      says: /did you mean "ids-unique"\?/,
    },
    { name: "no signup", changes: { "steps.0": undefined }, says: /found no step with role: sign-up/ },
    {
      name: "no acknowledgement",
      changes: { "steps.0.means.acknowledged": undefined },
      says: /what acknowledged means/,
    },
    { name: "no way to read back", changes: { "steps.2": undefined }, says: /no way to read members back/ },
    {
      name: "two steps of one name",
      changes: { "steps.3": { role: "read-own", path: "/card" } },
      says: /second step named read-own/,
    },
    {
      name: "two bodies",
      changes: { "steps.0.form": { a: "b" } },
      says: /found json and form, expected one body/,
    },
    { name: "a GET with a body", changes: { "steps.0.method": "GET" }, says: /found GET with a body/ },
    {
      name: "a counter that is no series",
      changes: { telemetry: { counters: { acknowledged: "sum(x)" } } },
      says: /telemetry\.counters\.acknowledged/,
    },
    {
      name: "a clean-up by a step that is not there",
      changes: { cleanUp: { step: "delete" } },
      says: /expected one of the steps: sign-up, prepare, read-own/,
    },
    {
      name: "a clean-up by a step of the journey",
      changes: { cleanUp: { step: "read-own" } },
      says: /found a step with role: read-own, expected role: clean-up/,
    },
    {
      name: "a clean-up of every run at once",
      changes: { cleanUp: { sql: { connection: "postgresql://x", statement: "delete from members" } } },
      says: /takes the people of every run, expected \$\{run\} in it/,
    },
    {
      name: "a wait for a mail without a sink",
      changes: { "steps.3": { role: "verify", mail: {} } },
      says: /found a wait for a mail, expected sinks\.mail/,
    },
    {
      name: "a step that waits and sends",
      changes: {
        "steps.3": { role: "verify", mail: {}, form: { a: "b" } },
        sinks: { mail: { smtp: "127.0.0.1:1025" } },
      },
      says: /found it beside mail, expected nothing to be sent/,
    },
    {
      name: "a step with neither a path nor a mail",
      changes: { "steps.3": { role: "verify" } },
      says: /found neither path nor mail, or both/,
    },
    {
      name: "an SMTP sink that all the world can reach",
      changes: { sinks: { mail: { smtp: "0.0.0.0:25" } } },
      says: /sinks\.mail/,
    },
  ];
  it.each(refusals)("is refused with a sentence: $name", async ({ changes, says }) => {
    const refusal = await loadChanged(changes).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as UsageError).message).toMatch(says);
    expect((refusal as UsageError).message).toMatch(/^\S+target\.yaml:\d+:\d+: /);
  });

  it("of the reference service drives both ways of reading one's own", async () => {
    const target = await loadTarget(REFERENCE_TARGET);
    expect(target.steps.map(({ name }) => name)).toEqual(["sign-up", "come-back", "me", "card"]);
    expect(await resolveSecrets(target, { CROWDPROOF_DATABASE_URL: "postgres://x" })).toEqual({
      "env:CROWDPROOF_TARGET_URL": "http://127.0.0.1:3000",
      "env:CROWDPROOF_ADMIN_URL": "http://127.0.0.1:3001",
      "env:CROWDPROOF_MAIL_DIR": "",
      "env:CROWDPROOF_DATABASE_URL": "postgres://x",
      "env:CROWDPROOF_SERVICE_LOG": "",
    });
  });

  it("is described by a JSON Schema that lets the shipped one through and no other key", async () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(targetJsonSchema());
    const shipped = parse(await readFile(REFERENCE_TARGET, "utf8"));
    expect(validate(shipped), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...shipped, stpes: [] })).toBe(false);
  });
});

describe("secrets", () => {
  it("that are missing are named all at once, and what to type", async () => {
    const target = await loadChanged({
      headers: { Authorization: "Bearer ${env:NO_SUCH}", "X-Api-Key": "${file:none.txt}" },
    });
    const refusal = await resolveSecrets(target, {}).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as UsageError).message).toMatch(/export NO_SUCH=…[\s\S]*none\.txt/);
  });

  it("come from files without their last line break, and a canary key of one's own comes along", async () => {
    await writeFile(join(folder, "key.txt"), "abc\n");
    const target = await loadChanged({ headers: { "X-Api-Key": "${file:key.txt}" } });
    expect(await resolveSecrets(target, { CROWDPROOF_CANARY_KEY: "mine" })).toEqual({
      [`file:${join(folder, "key.txt")}`]: "abc",
      "env:CROWDPROOF_CANARY_KEY": "mine",
    });
  });
});
