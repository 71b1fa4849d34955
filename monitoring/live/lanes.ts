import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import { findProgram, howToInstall } from "../stack/find-program.ts";
import { startAlertmanager } from "../stack/start-alertmanager.ts";
import { startReceiver } from "../stack/start-receiver.ts";
import { type Stack, startStack } from "../stack/start-stack.ts";
import { type LeakyService, startLeakyService } from "./leaky-service.ts";
import { firstSilent, firstTold, NobodyHeard, toldBy, whenHeard } from "./receiver-says.ts";

/** One way from a fault's first effect to somebody who knows, with the other ways switched off. */
export interface Lane {
  readonly name: LaneName;
  readonly what: string;
  /** What is there of the other layers, in words. */
  readonly without: string;
  /** Seconds; p99 where `of` is 0.99. */
  readonly limit: { readonly of: 0.95 | 0.99 | 1; readonly seconds: number };
  /** How often it is measured for the full table, and how long one takes on a quiet machine. */
  readonly times: number;
  readonly secondsEach: number;
  open(): Promise<OpenLane>;
}

export interface OpenLane {
  /** Seconds from the fault's first effect. Throws NobodyHeard; after any error the lane is to be opened anew. */
  measure(): Promise<number>;
  close(): Promise<void>;
}

export const LANE_NAMES = ["halt", "push", "rules", "auditor", "dead-process", "watchdog"] as const;
export type LaneName = (typeof LANE_NAMES)[number];

export const LANES: readonly Lane[] = [
  {
    name: "halt",
    what: "the wrong answer is asked for → every worker process refuses newcomers",
    without: "no Prometheus, no Alertmanager; the guard alone",
    limit: { of: 0.99, seconds: 0.1 },
    times: 300,
    secondsEach: 1.5,
    open: openHalt,
  },
  {
    name: "push",
    what: "the wrong answer is asked for → the service's own post has reached the receiver",
    without: "no Prometheus; a new Alertmanager each time",
    limit: { of: 0.99, seconds: 0.75 },
    times: 300,
    secondsEach: 3,
    open: openPush,
  },
  {
    name: "rules",
    what: "the wrong answer is asked for → the rule's page has reached the receiver",
    without: "no push; production's intervals; a new stack each time, the anomaly at a random moment",
    limit: { of: 0.95, seconds: 1.9 },
    times: 60,
    secondsEach: 12,
    open: openRules,
  },
  {
    name: "auditor",
    what: "a member's row is changed behind the service's back → the page of the auditor's state has reached the receiver",
    without: "no guard in the way, no push; production's intervals; a new stack each time",
    limit: { of: 1, seconds: 4 },
    times: 20,
    secondsEach: 14,
    open: openAuditor,
  },
  {
    name: "dead-process",
    what: "the process dies 50 ms after its first anomaly; it is started again → the page has reached the receiver",
    without: "no push; whoever scraped saw nothing; counted from when the next process answers",
    limit: { of: 1, seconds: 4 },
    times: 10,
    secondsEach: 25,
    open: openDeadProcess,
  },
  {
    name: "watchdog",
    what: "Prometheus, or Alertmanager, is killed → the receiver shouts",
    without: "everything: nobody else is left to tell",
    limit: { of: 1, seconds: 15 },
    times: 10,
    secondsEach: 25,
    open: openWatchdog,
  },
];

/** A lane that is slower than this is broken, not slow; a trial in which nobody heard anything counts as so long. */
export const ARRIVES = { secondsMax: 60 } as const;
const secondsSince = (fromMs: number, untilMs: number) => (untilMs - fromMs) / 1_000;

async function openHalt(): Promise<OpenLane> {
  const service = await startLeakyService({});
  return {
    async measure() {
      const atMs = await service.leak();
      const closedMs = await service.closedAt();
      await service.reopen();
      return secondsSince(atMs, closedMs);
    },
    close: service.close,
  };
}

/** An alert that has been told is told again only when it is over: a new Alertmanager has told nothing yet. */
async function openPush(): Promise<OpenLane> {
  const program = findProgram("alertmanager");
  if (program === null) throw new Error(`alertmanager is not here: ${howToInstall("alertmanager")}`);
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-push-"));
  const receiver = await startReceiver({ folder: join(folder, "receiver"), port: 0, args: [] });
  const receiverUrl = `http://${receiver.address}`;
  const parameters = { parameters: "production" } as const;
  let times = 0;
  const startNext = () =>
    startAlertmanager(program, join(folder, `alertmanager-${times++}`), receiverUrl, parameters);
  let alertmanager = await startNext();
  const wire = await createTcpProxy(`http://${alertmanager.address}`);
  const service = await startLeakyService({ ALERTMANAGER_URLS: wire.url });
  const isPush = ({ alertname, lane }: Readonly<Record<string, string>>) =>
    alertname === "IdAnomaly" && lane === "push";
  /** When the Alertmanager that is there now was. */
  async function renew(): Promise<number> {
    for (let tries = 0; tries < RENEWALS_MAX; tries++) {
      await alertmanager.stop();
      alertmanager = await startNext();
      const fromMs = Date.now();
      wire.leadTo(`http://${alertmanager.address}`);
      // Connections that were kept led to the one before.
      wire.cut();
      wire.release();
      await sleep(PUSHED_AGAIN_MS);
      // The auditor may push the last trial's anomaly only now; the next page would then be no news.
      const told = await toldBy(receiverUrl);
      if (!told.some(({ labels, receivedAtMs }) => receivedAtMs >= fromMs && isPush(labels))) return fromMs;
    }
    throw new Error(`${RENEWALS_MAX} times the last anomaly was still being pushed`);
  }
  return {
    async measure() {
      const renewedMs = await renew();
      const atMs = await service.leak();
      const toldMs = await firstTold(receiverUrl, isPush, { ...ARRIVES, fromMs: atMs }).catch(
        async (error: unknown) => {
          if (!(error instanceof NobodyHeard)) throw error;
          const heard = (await toldBy(receiverUrl)).filter(({ receivedAtMs }) => receivedAtMs >= renewedMs);
          throw new NobodyHeard(`${error.message} of what began at ${atMs}; heard: ${JSON.stringify(heard)}`);
        },
      );
      await service.reopen();
      return secondsSince(atMs, toldMs);
    },
    async close() {
      await service.close();
      await wire.close();
      await alertmanager.stop();
      await receiver.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What goes on is pushed once a second. */
const PUSHED_AGAIN_MS = 1_200;
const RENEWALS_MAX = 5;

async function withStack<T>(service: LeakyService | null, measure: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await startStack({ serviceAdminUrl: service?.adminUrl, parameters: "production" });
  try {
    return await measure(stack);
  } finally {
    await stack.stop();
  }
}

/** Scrapes and evaluations come each second: the anomaly must not come in step with them. */
const randomMoment = () => sleep(Math.random() * 1_000);

async function openRules(): Promise<OpenLane> {
  const service = await startLeakyService({});
  return {
    measure: () =>
      withStack(service, async ({ receiverUrl }) => {
        await randomMoment();
        const atMs = await service.leak();
        const toldMs = await firstTold(
          receiverUrl,
          ({ alertname, lane }) => alertname === "IdAnomaly" && lane === "rule",
          ARRIVES,
        );
        await service.reopen();
        return secondsSince(atMs, toldMs);
      }),
    close: service.close,
  };
}

const DOCTOR =
  "update members set address = 'somewhere else' where id = (select id from members order by id desc limit 1)";

async function openAuditor(): Promise<OpenLane> {
  let service = await startLeakyService({});
  return {
    measure: async () => {
      const seconds = await withStack(service, async ({ receiverUrl }) => {
        await randomMoment();
        const atMs = Date.now();
        await service.sql(DOCTOR);
        const isFinding = ({ alertname, kind }: Readonly<Record<string, string>>) =>
          alertname === "IdAnomalyInDatabase" && kind === "doctored-row";
        return secondsSince(atMs, await firstTold(receiverUrl, isFinding, ARRIVES));
      });
      // What was found stays found: the next one needs a database in which nothing was.
      await service.close();
      service = await startLeakyService({});
      return seconds;
    },
    close: () => service.close(),
  };
}

const DIES_AFTER_MS = 50;

/** Nobody but the ledger knows of it then: no scrape in which it was counted, no answer, no post. */
async function openDeadProcess(): Promise<OpenLane> {
  return {
    async measure() {
      const service = await startLeakyService({});
      const wire = await createTcpProxy(service.adminUrl);
      const stack = await startStack({ serviceAdminUrl: wire.url, parameters: "production" });
      try {
        await service.leak();
        await sleep(DIES_AFTER_MS);
        await service.kill();
        await service.startAgain();
        const atMs = Date.now();
        wire.leadTo(service.adminUrl);
        const isPage = ({ alertname, kind }: Readonly<Record<string, string>>) =>
          alertname === "IdAnomaly" || (alertname === "IdAnomalyInDatabase" && kind === "unhandled-anomaly");
        // A scrape in the last 50 ms may have seen it: then the page is there before the next process is.
        return Math.max(0, secondsSince(atMs, await firstTold(stack.receiverUrl, isPage, ARRIVES)));
      } finally {
        await stack.stop();
        await wire.close();
        await service.close();
      }
    },
    close: async () => {},
  };
}

async function openWatchdog(): Promise<OpenLane> {
  let times = 0;
  return {
    measure: () =>
      withStack(null, async ({ receiverUrl, pids }) => {
        await whenHeard(receiverUrl, ARRIVES.secondsMax);
        const victim = times++ % 2 === 0 ? pids.prometheus : pids.alertmanager;
        await randomMoment();
        const atMs = Date.now();
        process.kill(victim, "SIGKILL");
        return secondsSince(atMs, await firstSilent(receiverUrl, ARRIVES.secondsMax));
      }),
    close: async () => {},
  };
}
