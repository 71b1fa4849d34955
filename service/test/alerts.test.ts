import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AdminStage, ask, createAdminStage, TOKENS } from "./admin-stage.ts";
import { createStage } from "./stage.ts";

const stage = createStage();
const admins = createAdminStage(stage.url);
let admin: AdminStage;

// The schema comes with the first service.
beforeAll(async () => (await stage.start()).close());
beforeEach(async () => {
  admin = await admins.start();
});

const MINUTE_MS = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

interface Alert {
  status: unknown;
  labels: unknown;
  annotations: unknown;
  startsAt: unknown;
  endsAt: unknown;
  [more: string]: unknown;
}

/** As Alertmanager 0.31 sends it. */
const alert = (changes: Partial<Alert> = {}): Alert => ({
  status: "firing",
  labels: { alertname: "IdAnomaly", halt: "true", severity: "page" },
  annotations: { summary: "somebody was shown another person's data" },
  startsAt: ago(1_000),
  endsAt: "0001-01-01T00:00:00Z",
  generatorURL: "http://prometheus/graph",
  fingerprint: "c0ffee",
  ...changes,
});

const webhook = (alerts: unknown = [alert()], changes: Record<string, unknown> = {}) => ({
  version: "4",
  groupKey: '{}:{alertname="IdAnomaly"}',
  truncatedAlerts: 0,
  status: "firing",
  receiver: "halt",
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: "http://alertmanager",
  alerts,
  ...changes,
});

/** A request as bytes, so that it can be wrong in every way. */
interface Raw {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  /** Instead of the usual header lines. */
  readonly head?: readonly string[];
  readonly body?: string | Buffer;
}

const AUTHORIZED = `Authorization: Bearer ${TOKENS.alerts}`;
const JSON_TYPE = "Content-Type: application/json";

function bytesOf({
  method = "POST",
  path = "/alerts",
  headers = [AUTHORIZED, JSON_TYPE],
  head,
  body = JSON.stringify(webhook()),
}: Raw): Buffer {
  const bytes = Buffer.from(body);
  const lines = head ?? [...headers, `Content-Length: ${bytes.length}`];
  return Buffer.concat([
    Buffer.from(
      [`${method} ${path} HTTP/1.1`, "Host: admin", "Connection: close", ...lines, "", ""].join("\r\n"),
    ),
    bytes,
  ]);
}

/** Status of the first answer; 0 where the connection ends without one. */
async function send(bytes: Buffer): Promise<number> {
  const socket = connect(Number(new URL(admin.url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  // A server that has said no may reset what is still being sent.
  socket.on("error", () => socket.destroy());
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

const sendJson = (body: unknown) =>
  send(bytesOf({ body: typeof body === "string" ? body : JSON.stringify(body) }));
const phase = async () => (await ask(admin.url, "/state")).body["phase"];
const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const CHUNKED = [AUTHORIZED, JSON_TYPE, "Transfer-Encoding: chunked"];

test("an alert that halts closes the campaign, and the audit trail says which and by which credential", async () => {
  expect(await ask(admin.url, "/alerts", TOKENS.alerts, webhook())).toMatchObject({
    status: 200,
    body: { phase: "halted", counts: { halting: 1 } },
  });
  const [row] = await stage.sql(
    "select halted_by, actor, credential, reason from campaign_audit order by id desc limit 1",
  );
  expect(row).toEqual({
    halted_by: "alert",
    actor: "alertmanager",
    credential: expect.stringMatching(/^alerts:[0-9a-f]{8}$/),
    reason: "alert IdAnomaly",
  });
});

describe("what only looks unusual still halts", () => {
  test.each<{ name: string; raw: () => Raw }>([
    {
      name: "the scheme in lower case (RFC 9110: any case)",
      raw: () => ({ headers: [`authorization: bearer ${TOKENS.alerts}`, JSON_TYPE] }),
    },
    { name: "a charset", raw: () => ({ headers: [AUTHORIZED, `${JSON_TYPE}; charset=utf-8`] }) },
    {
      name: "chunks without a length",
      raw: () => ({ head: CHUNKED, body: chunked(JSON.stringify(webhook())) }),
    },
    {
      name: "a broken alert before it",
      raw: () => ({
        body: JSON.stringify(webhook([null, 7, { status: {} }, alert({ startsAt: "soon" }), alert()])),
      }),
    },
    {
      name: "resolved ones around it",
      raw: () => ({
        body: JSON.stringify(
          webhook([alert({ status: "resolved" }), alert(), alert({ status: "resolved" })]),
        ),
      }),
    },
    {
      name: "a group that says resolved around an alert that fires",
      raw: () => ({ body: JSON.stringify(webhook([alert()], { status: "resolved" })) }),
    },
    {
      name: "a time with nanoseconds and an offset",
      raw: () => ({
        body: JSON.stringify(webhook([alert({ startsAt: ago(1_000).replace("Z", "123456+00:00") })])),
      }),
    },
    {
      name: "a clock a little ahead",
      raw: () => ({ body: JSON.stringify(webhook([alert({ startsAt: ago(-30_000) })])) }),
    },
    {
      name: "labels of a thousand alerts within the limit",
      raw: () => ({
        body: JSON.stringify(
          webhook([
            ...Array(900).fill({ status: "firing", labels: { halt: "true" }, startsAt: ago(5_000) }),
            alert(),
          ]),
        ),
      }),
    },
    { name: "a query behind the path", raw: () => ({ path: "/alerts?resolved=true" }) },
    {
      name: "a name with a line break in it",
      raw: () => ({
        body: JSON.stringify(
          webhook([alert({ labels: { halt: "true", alertname: "x\r\nSet-Cookie: a=b" } })]),
        ),
      }),
    },
  ])("$name", async ({ raw }) => {
    expect(await send(bytesOf(raw()))).toBe(200);
    expect(await phase()).toBe("halted");
  });
});

describe("what must not halt does not", () => {
  const secondHeader = `Authorization: Bearer ${TOKENS.jane}`;
  test.each<{ name: string; raw: () => Raw; status: number | readonly number[] }>([
    { name: "no credential", raw: () => ({ headers: [JSON_TYPE] }), status: 401 },
    { name: "an empty credential", raw: () => ({ headers: ["Authorization:", JSON_TYPE] }), status: 401 },
    { name: "a scheme alone", raw: () => ({ headers: ["Authorization: Bearer", JSON_TYPE] }), status: 401 },
    {
      name: "a scheme and blanks",
      raw: () => ({ headers: ["Authorization: Bearer    ", JSON_TYPE] }),
      status: 401,
    },
    {
      name: "another scheme",
      raw: () => ({ headers: [`Authorization: Basic ${TOKENS.alerts}`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "Basic with the token in base64",
      raw: () => ({ headers: [`Authorization: Basic ${btoa(`x:${TOKENS.alerts}`)}`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "no scheme",
      raw: () => ({ headers: [`Authorization: ${TOKENS.alerts}`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token's first half",
      raw: () => ({ headers: [AUTHORIZED.slice(0, -10), JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token less a character",
      raw: () => ({ headers: [AUTHORIZED.slice(0, -1), JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token and a character",
      raw: () => ({ headers: [`${AUTHORIZED}x`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token in capitals",
      raw: () => ({ headers: [AUTHORIZED.toUpperCase(), JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token in quotes",
      raw: () => ({ headers: [`Authorization: Bearer "${TOKENS.alerts}"`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token and a comma and another",
      raw: () => ({ headers: [`${AUTHORIZED}, Bearer x`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "two Authorization headers, the right one first",
      raw: () => ({ headers: [AUTHORIZED, secondHeader, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "two Authorization headers, the right one last",
      raw: () => ({ headers: [secondHeader, AUTHORIZED, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token in a cookie",
      raw: () => ({ headers: [`Cookie: Authorization=Bearer ${TOKENS.alerts}`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token in Proxy-Authorization",
      raw: () => ({ headers: [`Proxy-${AUTHORIZED}`, JSON_TYPE] }),
      status: 401,
    },
    {
      name: "the token in the query",
      raw: () => ({ path: `/alerts?token=${TOKENS.alerts}`, headers: [JSON_TYPE] }),
      status: 401,
    },
    {
      name: "a megabyte of token",
      raw: () => ({ headers: [`Authorization: Bearer ${"a".repeat(1_000_000)}`, JSON_TYPE] }),
      status: [0, 431],
    },
    {
      name: "a folded header",
      raw: () => ({ headers: ["Authorization: Bearer", ` ${TOKENS.alerts}`, JSON_TYPE] }),
      status: [400, 401],
    },
    {
      name: "an operator's token",
      raw: () => ({ headers: [`Authorization: Bearer ${TOKENS.jane}`, JSON_TYPE] }),
      status: 403,
    },
    {
      name: "the break-glass token",
      raw: () => ({ headers: [`Authorization: Bearer ${TOKENS.breakGlass}`, JSON_TYPE] }),
      status: 403,
    },
    { name: "no content type", raw: () => ({ headers: [AUTHORIZED] }), status: 415 },
    {
      name: "a form",
      raw: () => ({ headers: [AUTHORIZED, "Content-Type: application/x-www-form-urlencoded"] }),
      status: 415,
    },
    {
      name: "text that is JSON",
      raw: () => ({ headers: [AUTHORIZED, "Content-Type: text/plain"] }),
      status: 415,
    },
    {
      name: "JSON's relative",
      raw: () => ({ headers: [AUTHORIZED, "Content-Type: application/problem+json"] }),
      status: 415,
    },
    {
      name: "an unknown charset",
      raw: () => ({ headers: [AUTHORIZED, `${JSON_TYPE}; charset=shift_jis`] }),
      status: 415,
    },
    {
      name: "a gzip bomb",
      raw: () => ({
        headers: [AUTHORIZED, JSON_TYPE, "Content-Encoding: gzip"],
        body: gzipSync(`{"version":"4","alerts":[${" ".repeat(50_000_000)}]}`),
      }),
      status: 415,
    },
    {
      name: "gzip without a word about it",
      raw: () => ({ body: gzipSync(JSON.stringify(webhook())) }),
      status: 422,
    },
    {
      name: "a body above the limit",
      raw: () => ({ body: JSON.stringify(webhook([alert({ annotations: { a: "x".repeat(262_144) } })])) }),
      status: 413,
    },
    {
      name: "a body above the limit in chunks without a length",
      raw: () => ({
        head: CHUNKED,
        body: chunked(JSON.stringify(webhook([alert({ annotations: { a: "x".repeat(262_144) } })]))),
      }),
      status: 413,
    },
    {
      name: "10,000 alerts",
      raw: () => ({ body: JSON.stringify(webhook(Array(10_000).fill(alert()))) }),
      status: 413,
    },
    {
      name: "10,000 alerts that are nothing",
      raw: () => ({ body: JSON.stringify(webhook(Array(10_000).fill({}))) }),
      status: 200,
    },
    {
      name: "a length that says more than comes",
      raw: () => ({ head: [AUTHORIZED, JSON_TYPE, "Content-Length: 100000"] }),
      status: [0, 408],
    },
    {
      name: "a length that says less than comes",
      raw: () => ({ head: [AUTHORIZED, JSON_TYPE, "Content-Length: 20"] }),
      status: [400, 422],
    },
    {
      name: "two lengths",
      raw: () => ({ head: [AUTHORIZED, JSON_TYPE, "Content-Length: 2", "Content-Length: 500"] }),
      status: 400,
    },
    {
      name: "a length and chunks",
      raw: () => ({ head: [...CHUNKED, "Content-Length: 4"], body: chunked(JSON.stringify(webhook())) }),
      status: 400,
    },
    {
      name: "a negative length",
      raw: () => ({ head: [AUTHORIZED, JSON_TYPE, "Content-Length: -1"] }),
      status: 400,
    },
    { name: "chunks that are none", raw: () => ({ head: CHUNKED, body: "zz\r\n{}" }), status: 400 },
    { name: "no body", raw: () => ({ body: "" }), status: 422 },
    {
      name: "JSON that ends too soon",
      raw: () => ({ body: JSON.stringify(webhook()).slice(0, -2) }),
      status: 422,
    },
    { name: "JSON twice", raw: () => ({ body: JSON.stringify(webhook()).repeat(2) }), status: 422 },
    {
      name: "bytes that are no UTF-8 in place of JSON",
      raw: () => ({ body: Buffer.from([0xff, 0xfe, 0x7b, 0x00]) }),
      status: 422,
    },
    { name: "a list", raw: () => ({ body: JSON.stringify([webhook()]) }), status: 422 },
    { name: "a string", raw: () => ({ body: '"firing"' }), status: 422 },
    { name: "null", raw: () => ({ body: "null" }), status: 422 },
    {
      name: "a nest of 100,000 lists",
      raw: () => ({ body: "[".repeat(100_000) + "]".repeat(100_000) }),
      status: 422,
    },
    {
      name: "a nest in the alerts",
      raw: () => ({ body: `{"version":"4","alerts":[${"[".repeat(100_000)}${"]".repeat(100_000)}]}` }),
      status: 200,
    },
    {
      name: "another version",
      raw: () => ({ body: JSON.stringify(webhook([alert()], { version: "3" })) }),
      status: 422,
    },
    {
      name: "the version as a number",
      raw: () => ({ body: JSON.stringify(webhook([alert()], { version: 4 })) }),
      status: 422,
    },
    {
      name: "alerts that are an object",
      raw: () => ({ body: JSON.stringify(webhook({ 0: alert(), length: 1 })) }),
      status: 422,
    },
    { name: "no alerts", raw: () => ({ body: JSON.stringify(webhook([])) }), status: 200 },
    {
      name: "__proto__ for the labels",
      raw: () => ({
        body: `{"version":"4","alerts":[{"status":"firing","startsAt":"${ago(0)}","labels":{"__proto__":{"halt":"true"}}}]}`,
      }),
      status: 200,
    },
    {
      name: "__proto__ for an alert",
      raw: () => ({ body: `{"version":"4","alerts":[{"__proto__":${JSON.stringify(alert())}}]}` }),
      status: 200,
    },
    {
      name: "__proto__ for the webhook",
      raw: () => ({ body: `{"__proto__":${JSON.stringify(webhook())}}` }),
      status: 422,
    },
    {
      name: "constructor.prototype",
      raw: () => ({
        body: `{"version":"4","alerts":[{"constructor":{"prototype":{"halt":"true"}},"status":"firing","startsAt":"${ago(0)}","labels":{}}]}`,
      }),
      status: 200,
    },
    { name: "GET", raw: () => ({ method: "GET" }), status: 404 },
    { name: "PUT", raw: () => ({ method: "PUT" }), status: 404 },
    { name: "a method of its own", raw: () => ({ method: "HALT" }), status: 400 },
    {
      name: "GET that says it is POST",
      raw: () => ({ method: "GET", headers: [AUTHORIZED, JSON_TYPE, "X-HTTP-Method-Override: POST"] }),
      status: 404,
    },
    { name: "a path with a slash behind", raw: () => ({ path: "/alerts/" }), status: 404 },
    { name: "a path with two slashes", raw: () => ({ path: "//alerts" }), status: 404 },
    { name: "a path in capitals", raw: () => ({ path: "/ALERTS" }), status: 404 },
    { name: "a path with dots", raw: () => ({ path: "/x/../alerts" }), status: 404 },
    { name: "a path with a parameter", raw: () => ({ path: "/alerts;a=b" }), status: 404 },
    { name: "a path with NUL", raw: () => ({ path: "/alerts%00" }), status: 404 },
    {
      name: "a path with a broken escape",
      raw: () => ({ path: "/reopenings/%ff/approval" }),
      status: [400, 404],
    },
  ])("$name", async ({ raw, status }) => {
    expect([status].flat()).toContain(await send(bytesOf(raw())));
    expect(await phase()).toBe("open");
  });

  test.each<{ name: string; change: () => Partial<Alert> }>([
    { name: "resolved", change: () => ({ status: "resolved" }) },
    { name: "firing in capitals", change: () => ({ status: "FIRING" }) },
    { name: "firing and a blank", change: () => ({ status: "firing " }) },
    { name: "true for a status", change: () => ({ status: true }) },
    { name: "two statuses", change: () => ({ status: ["firing"] }) },
    { name: "no label for halting", change: () => ({ labels: { alertname: "IdAnomaly" } }) },
    { name: "the label as a boolean", change: () => ({ labels: { halt: true } }) },
    { name: "the label in another spelling", change: () => ({ labels: { halt: "True", Halt: "true" } }) },
    { name: "the label with full-width letters", change: () => ({ labels: { halt: "ｔｒｕｅ" } }) },
    { name: "the label in a look-alike name", change: () => ({ labels: { "h\u0430lt": "true" } }) },
    {
      name: "the label among the annotations",
      change: () => ({ labels: {}, annotations: { halt: "true" } }),
    },
    { name: "labels that are a list", change: () => ({ labels: [["halt", "true"]] }) },
    { name: "the future beyond the skew", change: () => ({ startsAt: ago(-5 * MINUTE_MS) }) },
    { name: "a far future", change: () => ({ startsAt: "9999-12-31T23:59:59Z" }) },
    { name: "Go's zero time", change: () => ({ startsAt: "0001-01-01T00:00:00Z" }) },
    { name: "a time as a number", change: () => ({ startsAt: Date.now() }) },
    { name: "a time without a zone", change: () => ({ startsAt: ago(0).replace("Z", "") }) },
    { name: "a date", change: () => ({ startsAt: ago(0).slice(0, 10) }) },
    { name: "a day that is none", change: () => ({ startsAt: "2026-13-45T00:00:00Z" }) },
    {
      name: "words JavaScript takes for a time",
      change: () => ({ startsAt: "Sun, 22 Nov 2026 10:00:00 GMT" }),
    },
    { name: "no time", change: () => ({ startsAt: undefined }) },
  ])("an alert with $name", async ({ change }) => {
    expect(await sendJson(webhook([alert(change())]))).toBe(200);
    expect(await phase()).toBe("open");
  });
});

async function reopen(): Promise<void> {
  await ask(admin.url, "/halt", TOKENS.jane, { reason: "first" });
  const { body } = await ask(admin.url, "/reopenings", TOKENS.jane, { reason: "repaired" });
  expect((await ask(admin.url, `/reopenings/${body["id"]}/approval`, TOKENS.taro, {})).status).toBe(200);
  await expect.poll(phase).toBe("open");
}

test("a group that is sent again after the reopening halts nothing, and a new alert does", async () => {
  const old = webhook([alert({ startsAt: ago(MINUTE_MS) })]);
  expect(await sendJson(old)).toBe(200);
  await reopen();
  for (let times = 0; times < 3; times += 1) expect(await sendJson(old)).toBe(200);
  expect(await phase()).toBe("open");
  expect(await sendJson(webhook([alert({ startsAt: ago(MINUTE_MS) }), alert({ startsAt: ago(0) })]))).toBe(
    200,
  );
  expect(await phase()).toBe("halted");
});

test("resolved never reopens", async () => {
  await sendJson(webhook());
  expect(await sendJson(webhook([alert({ status: "resolved" })], { status: "resolved" }))).toBe(200);
  expect(await phase()).toBe("halted");
});

test("the same alert sent again while people reopen does not void what they asked for", async () => {
  const group = webhook();
  await sendJson(group);
  const { body } = await ask(admin.url, "/reopenings", TOKENS.jane, { reason: "repaired" });
  await sendJson(group);
  const approval = await ask(admin.url, `/reopenings/${body["id"]}/approval`, TOKENS.taro, {});
  expect(approval).toMatchObject({ status: 200 });
});

test("wrong credentials are told so less and less, and never lock out the right one", async () => {
  const wrong = await Promise.all(
    Array.from({ length: 60 }, () => ask(admin.url, "/alerts", "wrong".repeat(8), webhook())),
  );
  const told = wrong.map(({ status }) => status);
  expect(new Set(told)).toEqual(new Set([401, 429]));
  expect(told.filter((status) => status === 401).length).toBeLessThan(30);
  expect((await ask(admin.url, "/alerts", TOKENS.alerts, webhook())).status).toBe(200);
  expect(await phase()).toBe("halted");
});

test("a body that dribbles is given up, and others are served meanwhile", async () => {
  const socket = connect(Number(new URL(admin.url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => socket.destroy());
  socket.write(
    `POST /alerts HTTP/1.1\r\nHost: admin\r\n${AUTHORIZED}\r\n${JSON_TYPE}\r\nContent-Length: 10000\r\n\r\n`,
  );
  const dribble = setInterval(() => socket.write(" "), 100);
  expect(await sendJson(webhook())).toBe(200);
  await once(socket, "close");
  clearInterval(dribble);
  expect(text).toMatch(/^(HTTP\/1\.1 408|$)/);
});

test("nothing of labels, annotations or a wrong credential is in the log, and a header cannot be smuggled in", async () => {
  const secret = "ZZcanaryZZ";
  const labels = { halt: "true", alertname: `${secret}\r\nX: y`, [secret]: secret };
  await sendJson(
    webhook([alert({ labels, annotations: { summary: secret } })], { receiver: secret, groupKey: secret }),
  );
  await ask(admin.url, "/alerts", secret.repeat(4), webhook());
  const trail = JSON.stringify(await stage.sql("select * from campaign_audit"));
  expect(admin.log.join("") + trail).not.toContain(secret);
  expect(await phase()).toBe("halted");
});

test("where the database cannot take it, the webhook asks to be sent again, and the process is closed all the same", async () => {
  await stage.sql("begin");
  await stage.sql("lock table campaign_state in exclusive mode");
  try {
    expect(await sendJson(webhook())).toBe(503);
    expect(admin.halt.state().phase).toBe("halted");
  } finally {
    await stage.sql("commit");
  }
  await admin.halt.settled();
  expect(await phase()).toBe("halted");
});
