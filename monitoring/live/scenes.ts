import { keepBursting, keepSending, rest, untilStopped } from "../states/crowd.ts";
import { signal, workerPidsOf } from "../states/processes.ts";
import type { Stage, StageOptions } from "../states/stage.ts";
import { STAGES, STATES } from "../states/states.ts";

/** What makes one alert fire for real, and which others are right to fire with it. */
export interface Scene {
  readonly alert: string;
  /** For a person: what is done. */
  readonly how: string;
  readonly stage: StageOptions;
  /** Which alerts, of whatever severity, the same trouble is also reason for; anything else that fires is unexpected. */
  readonly alongside: readonly string[];
  /** Brings it about; resolves with what ends it. */
  begin(stage: Stage): Promise<() => Promise<void>>;
}

/** The same anomaly as the guard, its ledger and the database see it; and what is said of a closed campaign. */
const ANOMALY = ["IdAnomaly", "IdAnomalyInDatabase", "CampaignHalted"];
/** People do not become members, or late: seen by those who ask and by those who were promised a time, and its causes' tickets. */
const SLOW = [
  "SignupsSlowInCampaign",
  "SignupsBelowOffered",
  "PromisesBroken",
  "WaitToldWrong",
  "NewcomersQueueTooLong",
  "SignupsSlowThisMonth",
  "CapacityNear",
  "CommitsSlow",
  "PoolExhausted",
];

/** The auditor asks the same database as everybody else. */
const SLOW_DATABASE = [...SLOW, "AuditorStale"];

/** For the states of the runbooks. */
const ALONGSIDE: Readonly<Record<string, readonly string[]>> = {
  IdAnomaly: ANOMALY,
  IdAnomalyInDatabase: ANOMALY,
  // A halt is what the glass is broken for.
  BreakGlassUsed: ["CampaignHalted"],
  // What the table does not take goes to the spool first.
  LedgerLosing: [...ANOMALY, "LedgerBehind"],
  NotificationsFailing: ANOMALY,
  SignupsBelowOffered: SLOW,
  SignupsSlowInCampaign: SLOW_DATABASE,
  NewcomersQueueTooLong: SLOW_DATABASE,
  PromisesBroken: SLOW_DATABASE,
  WaitToldWrong: SLOW_DATABASE,
  // One that is killed again and again.
  WorkerMissing: ["WorkersDying"],
  // A closed campaign lets no probe in.
  ProbeSilent: ["CampaignHalted"],
  // Who is shown the fault may also be somebody whom the guard would have kept from it.
  // It closes the campaign, and then turns the probe's visitors away, too.
  ProbeSawForeignData: [...ANOMALY, "ProbeSilent"],
  // It is a target as well.
  AlertmanagerUnreachable: ["TargetDown"],
  // Prometheus looks for Alertmanager again once it has read its rules again, which takes longer than these rules wait.
  RuleFailing: ["AlertmanagerUnreachable"],
};

/** A probe that has seen somebody else's data has closed the campaign, and is silent for that reason. */
const STAGE_OF: Readonly<Record<string, StageOptions>> = { ProbeSilent: { isProbed: true } };

const { faulty } = STAGES;

const ADDED: readonly Scene[] = [
  {
    alert: "PushFailing",
    how: "the way from the service to Alertmanager leads nowhere; the fault module-variable, and 64 people at once",
    stage: { ...faulty, isPushing: true },
    alongside: ANOMALY,
    async begin({ service, pushWire, stack }) {
      const crowd = keepBursting(service.url, 64);
      return async () => {
        await crowd.stop();
        // What nobody took is told for five minutes: it is the way that has to be mended.
        pushWire?.leadTo(stack.alertmanagerUrl);
      };
    },
  },
  {
    alert: "LedgerBehind",
    how: "the table of anomalies takes no rows, and anomalies come; the spool keeps them",
    stage: faulty,
    alongside: ANOMALY,
    async begin({ service, sql }) {
      await sql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
        create trigger refuse before insert on anomalies for each row execute function refuse()`);
      const crowd = keepBursting(service.url, 64);
      return async () => {
        await crowd.stop();
        await sql("drop trigger refuse on anomalies; drop function refuse");
      };
    },
  },
  {
    alert: "CampaignOverPlan",
    how: "planned for 5 people a second, 20 come",
    stage: { environment: { PLAN_VISITORS_PER_SECOND: "5" } },
    alongside: [],
    begin: async ({ service }) => keepSending(service.url, 20).stop,
  },
  {
    alert: "CapacityNear",
    how: "at two doors of 4 before a database whose answers come 0.1 s later, which do some 53 signups a second together, 48 people come each second",
    stage: { environment: { WORKING_MAX: "4", QUEUE_MAX: "128", QUEUE_SECONDS_MAX: "10" } },
    alongside: SLOW,
    begin: async (stage) => withSlowWire(stage, 100, keepSending(stage.service.url, 48).stop),
  },
  {
    alert: "CommitsSlow",
    how: "each of the database's answers comes 0.35 s later, and 10 people come each second",
    stage: {},
    alongside: SLOW,
    begin: async (stage) => withSlowWire(stage, 350, keepSending(stage.service.url, 10).stop),
  },
  {
    alert: "PoolExhausted",
    how: "three connections a worker, each of the database's answers 0.3 s later, and 20 people come each second",
    stage: { environment: { POOL_CONNECTIONS_MAX: "3" } },
    alongside: SLOW,
    begin: async (stage) => withSlowWire(stage, 300, keepSending(stage.service.url, 20).stop),
  },
  {
    alert: "EventLoopLags",
    how: "each worker is stopped for 0.45 s, again and again (SIGSTOP, SIGCONT)",
    stage: {},
    alongside: [],
    async begin({ service }) {
      const pids = workerPidsOf(service.pid);
      const stopping = untilStopped(async (home) => {
        while (!home.aborted) {
          for (const pid of pids) signal(pid, "SIGSTOP");
          await rest(STOPPED_MS, home);
          for (const pid of pids) signal(pid, "SIGCONT");
          await rest(RUNNING_MS, home);
        }
      });
      return stopping.stop;
    },
  },
  {
    alert: "WorkersDying",
    how: "kill −9 of a worker, every 2 s",
    stage: {},
    // With two workers, each is missed for the second in which its replacement starts.
    alongside: ["WorkerMissing"],
    async begin({ service }) {
      const killing = untilStopped(async (home) => {
        while (!home.aborted) {
          const [pid] = workerPidsOf(service.pid);
          if (pid !== undefined) signal(pid, "SIGKILL");
          await rest(DYING_EVERY_MS, home);
        }
      });
      return killing.stop;
    },
  },
  {
    alert: "SignupsSlowThisMonth",
    how: "the database says nothing for 1.4 s, every 8 s, and 20 people come each second: 1 in 40 is slow",
    stage: {},
    // The few that are slow come together, commits with them: a short window may see many.
    alongside: ["SignupsSlowInCampaign", "CommitsSlow"],
    async begin({ service, wire }) {
      const crowd = keepSending(service.url, 20);
      const holding = untilStopped(async (home) => {
        while (!home.aborted) {
          wire.hold();
          await rest(HELD_MS, home);
          wire.release();
          await rest(FREE_MS, home);
        }
      });
      return async () => {
        await holding.stop();
        wire.release();
        await crowd.stop();
      };
    },
  },
];

const STOPPED_MS = 450;
const DYING_EVERY_MS = 2_000;
const RUNNING_MS = 300;
const HELD_MS = 1_400;
const FREE_MS = 6_600;

async function withSlowWire(
  { wire }: Stage,
  answerDelayMs: number,
  stop: () => Promise<void>,
): Promise<() => Promise<void>> {
  wire.slow({ answerDelayMs });
  return async () => {
    wire.release();
    await stop();
  };
}

/** One for each alert but the dead-man's switch, which always fires: its silence is in the latency table. */
export const SCENES: readonly Scene[] = [
  ...STATES.map(({ alert, stage, how, begin }) => ({
    alert,
    how,
    stage: STAGE_OF[alert] ?? STAGES[stage],
    alongside: ALONGSIDE[alert] ?? [],
    begin,
  })),
  ...ADDED,
];
