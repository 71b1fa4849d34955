/**
 * What the guard costs one answer: the judge alone, and the whole of it (recording, holding, judging, releasing) as the
 * difference between a handler with and without it. `node service/bench/guard-cost.ts [JUDGEMENTS] [REQUESTS]`, started
 * by `npm run bench -- guard`; writes its report as one line of JSON.
 */
import { hash } from "node:crypto";
import { IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { createGuard } from "../src/guard/guard.ts";
import { createJudge } from "../src/guard/judge.ts";
import { createRandom, type Healthy, healthyAnswers, KEYS } from "./healthy-answers.ts";

const judgements = Number(process.argv[2] ?? 200_000);
const requests = Number(process.argv[3] ?? 40_000);

const ROUNDS = 40;
const HASHED = "x".repeat(98);

const judged = (["signup", "profile", "card", "sign-in", "refusal"] as const).map(timeJudge);
const wholeUs = await compareListeners();
process.stdout.write(`${JSON.stringify({ judged, wholeUs, hashUs: hashMicroseconds() })}\n`);

/** Wall clock, with whatever else the process is stopped for. */
function timeJudge(kind: Healthy["kind"]) {
  const random = createRandom(1);
  const judge = createJudge(KEYS);
  const timesUs: number[] = [];
  let serial = 0;
  while (timesUs.length < judgements / 5) {
    const batch = Array.from({ length: 500 }, () =>
      healthyAnswers(random, ++serial, true).find((one) => one.kind === kind),
    );
    for (const one of batch) {
      if (one === undefined) continue;
      const from = process.hrtime.bigint();
      judge(one.asked, one.given, 0);
      timesUs.push(Number(process.hrtime.bigint() - from) / 1_000);
    }
  }
  // The first are compiled while they run.
  const warm = timesUs.slice(timesUs.length / 5).sort((a, b) => a - b);
  const at = (share: number) => warm[Math.floor(warm.length * share)] ?? Number.NaN;
  return { kind, answers: warm.length, p50Us: at(0.5), p99Us: at(0.99) };
}

/** The machine's own measure: times of a busy machine say something only against it. */
function hashMicroseconds(): number {
  const before = process.cpuUsage();
  for (let count = 0; count < judgements; count++) hash("sha256", HASHED, "hex");
  const { user, system } = process.cpuUsage(before);
  return (user + system) / judgements;
}

/** Requests that come over no wire, so that nothing but the handler and the guard is measured; off and on take turns. */
async function compareListeners(): Promise<number> {
  const [signup] = healthyAnswers(createRandom(2), 1, true);
  if (signup === undefined) throw new Error("there is no signup among the healthy answers");
  const { asked, given } = signup;
  const headers = Object.fromEntries(given.headers) as Record<string, string>;
  headers["content-length"] = String(Buffer.byteLength(given.text));
  const app: RequestListener = (req, res) => {
    req.on("data", () => {});
    req.on("end", () => res.writeHead(given.status, headers).end(given.text));
  };
  const counts = { checked: 0, blocked: 0, unrecognised: 0 };
  const guard = createGuard({
    keys: KEYS,
    mode: "block",
    record: async () => {},
    raiseAlarm() {},
    served() {},
    warn() {},
    countAnomaly() {
      counts.blocked += 1;
    },
    count(event) {
      counts[event] += 1;
    },
  });
  const body = asked.body() ?? Buffer.alloc(0);
  const listeners = { off: app, on: guard.around(app) };
  const costsUs: Record<"off" | "on", number[]> = { off: [], on: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const way of ["off", "on"] as const) costsUs[way].push(await costUsOf(listeners[way], body));
  const fastest = (values: number[]) => Math.min(...values.slice(ROUNDS / 5));
  const told = counts.blocked + counts.unrecognised;
  if (told > 0 || counts.checked === 0)
    throw new Error(`the guard saw other than health: ${JSON.stringify(counts)}`);
  return fastest(costsUs.on) - fastest(costsUs.off);
}

async function costUsOf(listener: RequestListener, body: Buffer): Promise<number> {
  const exchanges = Array.from({ length: requests / ROUNDS }, () => {
    const request = new IncomingMessage(new Socket());
    Object.assign(request, {
      method: "POST",
      url: "/signups",
      rawHeaders: ["Content-Type", "application/json"],
    });
    return { request, response: new ServerResponse(request) };
  });
  const from = process.cpuUsage();
  for (const { request, response } of exchanges) {
    listener(request, response);
    request.push(body);
    request.push(null);
  }
  // `end` is told in later turns.
  while (exchanges.some(({ response }) => !response.writableEnded)) await setImmediate();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / exchanges.length;
}
