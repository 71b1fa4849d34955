import { fork } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arrivalTimes } from "../src/arrivals/arrival-times.ts";
import { sendEmbedded } from "../src/engine/embedded/send-embedded.ts";
import type { SendOptions, SentTotals } from "../src/engine/engine.ts";
import type { ArrivalEvent, Event, RequestEvent } from "../src/events/event.ts";
import { type Plan, RUN_FORMAT } from "../src/plan/plan.ts";
import type { Step } from "../src/target/target.ts";

/** How late visitors start, with whole visitors and canary scanning: `node start-error.ts [RATE] [SECONDS]`. */
export interface StartError {
  visitors: number;
  requests: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Later than the 10 ms after which an arrival no longer counts as on time. */
  late: number;
  /** From the due time to the first signup's last byte leaving. */
  sentP99Ms: number;
  seconds: number;
}

type Send = (plan: Plan, options: SendOptions) => Promise<SentTotals>;

const LATE_MS = 10;

export async function measureStartError(send: Send, rate: number, seconds: number): Promise<StartError> {
  const server = fork(new URL("./plain-server.ts", import.meta.url), { stdio: "inherit" });
  const dir = await mkdtemp(join(tmpdir(), "crowdproof-start-error-"));
  try {
    const port = await new Promise<number>((resolve) =>
      server.once("message", (message) => resolve((message as { port: number }).port)),
    );
    const plan = benchPlan(`http://127.0.0.1:${port}`, rate, seconds);
    const startedMs = performance.now();
    await send(plan, { dir, secrets: {}, signal: new AbortController().signal });
    const events = await readEvents(join(dir, "events.ndjson"));
    return startErrorOf(events, (performance.now() - startedMs) / 1e3);
  } finally {
    server.kill();
    await rm(dir, { recursive: true });
  }
}

function startErrorOf(events: readonly Event[], seconds: number): StartError {
  const arrivals = events.filter((event): event is ArrivalEvent => event.type === "arrival");
  const requests = events.filter(
    (event): event is RequestEvent => event.type === "request" && event.control === null,
  );
  const late = (due: number, at: number | null) => ((at ?? Number.NaN) - due) / 1e3;
  const errors = arrivals.map((event) => late(event.dueMicroseconds, event.startedMicroseconds));
  const sent = requests
    .filter(({ request }) => request === 1)
    .map((event) => late(event.intendedMicroseconds, event.sentMicroseconds));
  errors.sort((one, other) => one - other);
  sent.sort((one, other) => one - other);
  const at = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    visitors: arrivals.length,
    requests: requests.length,
    p50Ms: at(errors, 0.5),
    p99Ms: at(errors, 0.99),
    maxMs: errors.at(-1) ?? Number.NaN,
    late: errors.filter((error) => error > LATE_MS).length,
    sentP99Ms: at(sent, 0.99),
    seconds,
  };
}

async function readEvents(file: string): Promise<Event[]> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Event);
}

function benchPlan(url: string, rate: number, seconds: number): Plan {
  const pieces = [
    { name: "all", shape: "constant" as const, seconds, fromPerSecond: rate, toPerSecond: rate },
  ];
  const times = arrivalTimes({ pieces, bursts: [], seed: 1 });
  const fields = { email: { json: "/email" }, latinName: { json: "/name" }, kana: { json: "/kana" } };
  const signUp: Step = {
    name: "sign-up",
    role: "sign-up",
    method: "POST",
    path: "/signups",
    headers: {},
    body: {
      json: {
        email: "${person.email}",
        name: "${person.latinName}",
        kana: "${person.kana}",
        address: "${person.address}",
        message: "${person.freeText}",
      },
    },
    redirects: 0,
    timeoutSeconds: 10,
    captures: {},
    means: { acknowledged: [{ status: [201] }] },
    memberId: { json: "/number" },
    session: { cookie: "session" },
    fields,
  };
  const readOwn: Step = {
    name: "read",
    role: "read-own",
    method: "GET",
    path: "/me",
    headers: {},
    redirects: 0,
    timeoutSeconds: 10,
    captures: {},
    means: { served: [{ status: [200] }] },
    fields,
  };
  return {
    format: RUN_FORMAT,
    runId: "cp-startbench000",
    seed: 1,
    campaign: "start-error",
    claim: "wiring",
    scale: 1,
    pieces,
    bursts: [],
    arrivals: {
      ...times,
      behaviour: times.dueMicroseconds.map(() => 0),
      group: times.dueMicroseconds.map((_due, visitor) => visitor),
    },
    durationSeconds: seconds,
    warmUpSeconds: 0,
    drainSeconds: 1,
    readBackSeconds: 0,
    thinkTimes: {
      betweenSteps: { kind: "exponential", meanSeconds: 1, maxSeconds: 3 },
      patience: { kind: "constant", seconds: 1 },
      beforeRetry: { kind: "constant", seconds: 1 },
    },
    objectives: {},
    overlapTargetRatio: 0,
    limits: {
      visitorsMax: 1e6,
      secondsMax: 600,
      startErrorSecondsP99Max: 0.01,
      limiterShareMax: 0.1,
      answerBytesMax: 262_144,
      comeBacksMax: 1,
    },
    target: {
      name: "plain",
      baseUrl: url,
      hosts: ["127.0.0.1"],
      resolve: {},
      tls: { insecure: false },
      http: "1.1",
      connections: "fresh",
      headers: {},
      bypassed: [],
      emailDomain: "example.test",
      sameEmail: "exact",
      steps: [signUp, readOwn],
      readBack: { visibleWithinSeconds: 0, http: false },
      telemetry: { logFiles: [], counters: {}, exclusive: false },
      sinks: {},
      notJudged: {},
    },
  };
}

if (import.meta.main) {
  const [rates = "200,1000,2000", seconds = "10"] = process.argv.slice(2);
  const rows: Record<string, StartError> = {};
  for (const rate of rates.split(",")) {
    rows[`embedded ${rate}/s`] = await measureStartError(sendEmbedded, Number(rate), Number(seconds));
  }
  console.table(rows);
}
