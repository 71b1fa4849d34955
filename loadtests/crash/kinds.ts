import { setTimeout as sleep } from "node:timers/promises";
import { findFaketime } from "./clock.ts";
import { whyNoDisk } from "./disk.ts";
import type { Machine } from "./machine.ts";
import { signalTo } from "./processes.ts";

export interface Blow {
  machine: Machine;
  /** This blow's own stream. */
  random: () => number;
  signal: AbortSignal;
}

/** Something that happens to a service. Whatever it did, it has undone when it resolves. */
export interface Kind {
  readonly name: string;
  readonly words: string;
  /** Why it cannot be done here; null where it can. */
  missing(): string | null;
  /** Cannot be had everywhere, not even where every tool is demanded. */
  readonly isOptional?: true;
  /** How often it happened: 0 where there was nothing to hit, because another blow had just hit it. */
  strike(blow: Blow): Promise<number>;
}

const here = () => null;

/** The order decides what a seed means: new kinds go to the end. */
export const KINDS: readonly Kind[] = [
  {
    name: "worker-kill",
    words: "kill −9 of a worker",
    missing: here,
    strike: async (blow) => (signalTo(anyWorker(blow), "SIGKILL") ? 1 : 0),
  },
  {
    name: "parent-kill",
    words: "kill −9 of the parent, started again",
    missing: here,
    strike: async ({ machine }) => ((await machine.killParent()) ? 1 : 0),
  },
  {
    name: "worker-stop",
    words: "SIGSTOP of a worker for 0.1 to 1.2 s, then SIGCONT",
    missing: here,
    async strike(blow) {
      const pid = anyWorker(blow);
      if (!signalTo(pid, "SIGSTOP")) return 0;
      await holding(blow, { fromMs: 100, toMs: 1_200 }, async () => signalTo(pid, "SIGCONT"));
      return 1;
    },
  },
  {
    name: "database-stop",
    words: "pg_ctl stop -m immediate, started again within 0.5 s",
    missing: here,
    strike: async ({ machine, random }) => ((await machine.bounceDatabase(between(random, 0, 500))) ? 1 : 0),
  },
  {
    name: "backends-terminated",
    words: "pg_terminate_backend of some or all connections",
    missing: here,
    strike: ({ machine, random }) => terminate(machine, random, random() < 0.5 ? 1 : random()),
  },
  {
    name: "connections-cut",
    words: "every connection to the database reset, new ones for up to 0.5 s",
    missing: here,
    async strike(blow) {
      blow.machine.proxy.cut();
      await holding(blow, { fromMs: 0, toMs: 500 }, async () => blow.machine.proxy.release());
      return 1;
    },
  },
  {
    name: "connections-held",
    words: "nothing passes to or from the database for 0.1 to 1.2 s, then all of it, or a reset",
    missing: here,
    async strike(blow) {
      const { proxy } = blow.machine;
      const isCut = blow.random() < 0.5;
      proxy.hold();
      await holding(blow, { fromMs: 100, toMs: 1_200 }, async () => {
        if (isCut) proxy.cut();
        proxy.release();
      });
      return 1;
    },
  },
  {
    name: "connections-slowed",
    words:
      "answers of the database 5 to 80 ms later, 50 to 500 kB/s, up to 2 % of pieces lost with their connection",
    missing: here,
    async strike(blow) {
      const { machine, random } = blow;
      machine.proxy.slow({
        answerDelayMs: between(random, 5, 80),
        bytesPerSecond: between(random, 50_000, 500_000),
        resetShare: random() < 0.5 ? 0 : random() * 0.02,
      });
      await holding(blow, { fromMs: 300, toMs: 1_200 }, async () => machine.proxy.release());
      return 1;
    },
  },
  {
    name: "commit-answer-lost",
    words: "the connection reset after a commit was sent and before its answer passed, one to four times",
    missing: here,
    strike: loseCommitAnswers,
  },
  {
    name: "table-locked",
    words: "LOCK TABLE members for 0.3 to 1.2 s: every connection of the pool waits",
    missing: here,
    strike: (blow) =>
      blow.machine.database.ask(async (query) => {
        await query("begin");
        await query("lock table members in access exclusive mode");
        await holding(blow, { fromMs: 300, toMs: 1_200 }, () => query("rollback"));
        return 1;
      }),
  },
  {
    name: "connections-used-up",
    words:
      "idle transactions on every connection that PostgreSQL allows, half of the service's own ended, 0.3 to 1 s",
    missing: here,
    async strike(blow) {
      const { database } = blow.machine;
      const release = await database.occupy();
      // There is room for one who is the superuser.
      await terminate(blow.machine, blow.random, 0.5).catch(() => 0);
      await holding(blow, { fromMs: 300, toMs: 1_000 }, release);
      return 1;
    },
  },
  {
    name: "disk-full",
    words: "no space left on the database's disk for 0.3 to 1 s",
    missing: whyNoDisk,
    isOptional: true,
    async strike(blow) {
      const { disk } = blow.machine;
      if (disk === null) return 0;
      await disk.fill();
      await holding(blow, { fromMs: 300, toMs: 1_000 }, disk.empty);
      return 1;
    },
  },
  {
    name: "clock-step",
    words: "the service's wall clock an hour ahead or back, and a second or two later right again",
    missing: () => {
      const found = findFaketime();
      return "missing" in found ? found.missing : null;
    },
    async strike(blow) {
      const { clock } = blow.machine;
      if (clock === null) return 0;
      await clock.step(blow.random() < 0.5 ? 3_600 : -3_600);
      await holding(blow, { fromMs: 1_100, toMs: 1_800 }, () => clock.step(0));
      return 1;
    },
  },
];

/** Of the service's own connections. */
function terminate(machine: Machine, random: () => number, share: number): Promise<number> {
  return machine.database.ask(async (query) => {
    const backends = await query<{ pid: number }>(SERVICE_BACKENDS);
    const chosen = backends.map(({ pid }) => pid).filter(() => random() <= share);
    await query("select pg_terminate_backend(pid) from unnest($1::int[]) as chosen (pid)", [chosen]);
    return chosen.length > 0 ? 1 : 0;
  });
}

const SERVICE_BACKENDS = `select pid from pg_stat_activity
  where backend_type = 'client backend' and application_name like 'crowdproof%' order by pid`;

/** How the service names the statement that commits, and the word that commits several. */
const COMMIT_MARKS = ["register-members.sql", "commit\0", "COMMIT\0"];
const COMMIT_WAIT_MS = 1_500;
const ANSWER_WAIT_MS = 300;

async function loseCommitAnswers({ machine, random, signal }: Blow): Promise<number> {
  const wanted = 1 + Math.floor(random() * 4);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(COMMIT_WAIT_MS)]);
  let lost = 0;
  while (lost < wanted) {
    const wire = await machine.proxy.nextRequestWith(COMMIT_MARKS, limit).catch(() => null);
    if (wire === null) break;
    wire.holdAnswers();
    // Half of them surely committed; of the others nobody knows, not even we.
    if (random() < 0.5) await Promise.race([wire.answered, sleep(ANSWER_WAIT_MS)]);
    wire.cut();
    lost += 1;
  }
  return lost;
}

function anyWorker({ machine, random }: Blow): number {
  const workers = machine.workers();
  // No process has this number; the signal finds nobody.
  return workers[Math.floor(random() * workers.length)] ?? 2 ** 30;
}

async function holding(
  { random, signal }: Blow,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  undo: () => Promise<unknown>,
): Promise<void> {
  try {
    await sleep(between(random, fromMs, toMs), undefined, { signal });
  } finally {
    await undo();
  }
}

const between = (random: () => number, from: number, to: number) => from + random() * (to - from);
