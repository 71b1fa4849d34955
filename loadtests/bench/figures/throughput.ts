import { startServiceScript } from "../bench-process.ts";
import type { Bench, Figure, Goal, Measured } from "../figure.ts";
import { inRounds } from "../rounds.ts";
import { type Saturation, saturate } from "../saturate.ts";
import { signupBodies } from "../signup-bodies.ts";
import { ratiosOf, showNumber, showSpread, spreadOf } from "../spread.ts";
import { steadyPlan } from "../steady-plan.ts";

/** Scripts of `service/bench`; each is a process of its own with a database of its own. */
const VARIANTS = [
  { name: "full", words: "full signup", status: 201 },
  { name: "without-ledger", words: "the same without the access ledger", status: 201 },
  { name: "without-guard", words: "the same without access ledger and guard", status: 201 },
  { name: "without-database", words: "the same handler, database call taken out", status: 201 },
  { name: "without-batches", words: "the same, each registration in a commit of its own", status: 201 },
  { name: "plain-insert", words: "one plain insert a request", status: 201 },
  { name: "express-echo", words: "Express POST echo", status: 200 },
] as const;
type VariantName = (typeof VARIANTS)[number]["name"];

const GOALS: { of?: VariantName; over: VariantName; min: number; inTheWay: string }[] = [
  {
    over: "without-database",
    min: 0.55,
    inTheWay:
      "PostgreSQL works on the core that the generator wants as well, and the service writes each batch down as JSON and waits for two turns of the event loop more.",
  },
  {
    over: "plain-insert",
    min: 1.5,
    inTheWay:
      "the service's own CPU, not PostgreSQL: a full signup also validates every field, makes two hashes and three MACs, opens a session, goes through the door, is judged by the guard with eight hashes more, and is written to the access ledger and the outbox, which eats much of what the batch saves in round trips and commits.",
  },
  {
    over: "express-echo",
    min: 0.5,
    inTheWay:
      "the profile (`--cpu-prof`, without the database) is flat: writing to sockets 11 %, the guard's judgement 9 %, validation 8 %, Express 5 %, garbage 7 %; no single thing to take out. Fewer MACs, or a leaner door than Express, would be the next step.",
  },
  {
    of: "without-ledger",
    over: "without-guard",
    min: 0.97,
    inTheWay:
      "the judgement, some 14 µs of 215, of which eight one-shot hashes are a third and comparing, cutting and reading headers the rest; holding the answer back takes little (`npm run bench -- guard`).",
  },
];

/** Enough for full batches, as others take them for such measurements. */
const CONNECTIONS = 100;

export const throughput: Figure = {
  name: "throughput",
  title: "full signups per second",
  explanation: `One Node process as the worker it would be, with guard, access ledger, door, waiting room and outbox (its parent would
send the mails, and here hardly any is sent; the door's queue may be as long as it gets, so that nobody is told to come
back), its registrations batched, on an embedded PostgreSQL with its defaults (each commit is on disk), against itself
without the access ledger, and without the guard as well, against the product's own handler in which only the database
answers at once, against itself with a commit for each registration, against one plain insert a request without session, number or MAC, and against an Express echo of the
same body. ${CONNECTIONS} connections of autocannon as fast as they go, a different person in each request, all bodies
made beforehand; the first fifth of each run warms up and is not counted.
Process and database are fresh for each run. Generator, service and PostgreSQL share the machine.`,
  measure,
};

interface Run extends Saturation {
  /** CPU of the service's process for one answer; null where the system does not tell. */
  serviceMicroseconds: number | null;
}

async function measure(bench: Bench): Promise<Measured> {
  const count = bench.isQuick ? 6_000 : 50_000;
  const plan = await steadyPlan({ perSecond: 43, visitors: count, seed: 1, spacing: "poisson" });
  const bodies = signupBodies(plan, count);
  const names = VARIANTS.map(({ name }) => name);
  const runs = await inRounds(bench.isQuick ? 2 : 7, names, (name, round) => {
    bench.tell(`round ${round + 1}: ${name}`);
    return run(bench, name, bodies);
  });
  const perSecond = (name: VariantName) => runs[name].map((one) => one.perSecond);
  const rows = VARIANTS.map(({ name, words }) => [
    words,
    showSpread(spreadOf(perSecond(name))),
    name === "full" ? "1" : showSpread(ratiosOf(perSecond("full"), perSecond(name)), 2),
    showNumber(spreadOf(runs[name].map((one) => one.serviceMicroseconds ?? Number.NaN)).median),
    showNumber(spreadOf(runs[name].map((one) => one.generatorBusy)).median, 2),
  ]);
  return {
    tables: [
      {
        columns: [
          "variant",
          "per second",
          "full ÷ this",
          "service's CPU, µs each",
          "cores used by the generator",
        ],
        rows,
      },
    ],
    goals: GOALS.map(({ of = "full", over, min, inTheWay }): Goal => {
      const ratio = ratiosOf(perSecond(of), perSecond(over));
      return {
        wanted: `${of} ÷ ${over} at least ${min}`,
        measured: showSpread(ratio, 2),
        reached: ratio.median >= min ? "yes" : "no",
        inTheWay,
      };
    }),
    notes: [],
  };
}

function run({ database }: Bench, name: VariantName, bodies: readonly string[]): Promise<Run> {
  const expectedStatus = VARIANTS.find((variant) => variant.name === name)?.status ?? 201;
  return database.withFresh(async (databaseUrl) => {
    const service = await startServiceScript<{ url: string }>("serve-variant.ts", [name], {
      DATABASE_URL: databaseUrl,
    });
    try {
      const cpuSeconds: (number | null)[] = [];
      const saturation = await saturate({
        url: `${service.ready.url}/signups`,
        bodies,
        expectedStatus,
        connections: CONNECTIONS,
        onCounted: () => cpuSeconds.push(service.cpuSeconds()),
      });
      const [before = null, after = null] = cpuSeconds;
      const serviceMicroseconds =
        before === null || after === null ? null : ((after - before) / saturation.answers) * 1e6;
      return { ...saturation, serviceMicroseconds };
    } finally {
      await service.stop();
    }
  });
}
