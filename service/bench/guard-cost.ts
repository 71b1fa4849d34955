/**
 * What the guard costs one answer: the judge alone, and the whole of it (recording, holding, judging, releasing) as the
 * difference between a handler with and without it.
 * `node service/bench/guard-cost.ts [judgements, default 200000] [requests, default 40000]`.
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

for (const kind of ["signup", "profile", "card", "sign-in", "refusal"] as const) timeJudge(kind);
await compareListeners();
timeHash();

function timeJudge(kind: Healthy["kind"]): void {
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
  const at = (share: number) => (warm[Math.floor(warm.length * share)] ?? 0).toFixed(1);
  process.stdout.write(
    `judge ${kind.padEnd(8)} median ${at(0.5)} µs, p99 ${at(0.99)} µs (${warm.length} answers)\n`,
  );
}

/** The machine's own measure: times of a busy machine say something only against it. */
function timeHash(): void {
  const before = process.cpuUsage();
  for (let count = 0; count < judgements; count++) hash("sha256", HASHED, "hex");
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(
    `one hash of ${HASHED.length} bytes: ${((user + system) / judgements).toFixed(2)} µs (0.31 on a quiet core)\n`,
  );
}

/** Requests that come over no wire, so that nothing but the handler and the guard is measured; off and on take turns. */
async function compareListeners(): Promise<void> {
  const [signup] = healthyAnswers(createRandom(2), 1, true);
  if (signup === undefined) return;
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
  const guardUs = fastest(costsUs.on) - fastest(costsUs.off);
  process.stdout.write(
    `one signup through recording, holding, judging, releasing: ${guardUs.toFixed(1)} µs more than without ` +
      `(fastest of ${ROUNDS} rounds each; ${JSON.stringify(counts)}); of a signup that takes 70 to 100 µs of CPU: ` +
      `${guardUs.toFixed(0)} to ${((guardUs / 70) * 100).toFixed(0)} %\n`,
  );
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
