import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keepBursting, keepComing, keepSending, rest, sendBurst, untilStopped } from "./crowd.ts";
import { argumentsOf, signal, workerPidsOf } from "./processes.ts";
import type { Stage, StageOptions } from "./stage.ts";

/** How a state is reached that an alert is there for: a fault, a signal, a weather, or a person. */
export interface State {
  readonly alert: string;
  /** Of STAGES: which service it needs. */
  readonly stage: StageName;
  readonly how: string;
  /** Brings it about; resolves with what ends it. */
  begin(stage: Stage): Promise<() => Promise<void>>;
}

/** A service as it should be; one that shows people somebody else's data; one with a door that a small crowd fills; and one that a probe visits, with a faulty one beside it. */
export const STAGES = {
  plain: {},
  faulty: { fault: "module-variable" },
  narrow: {
    environment: {
      WORKING_MAX: "8",
      QUEUE_MAX: "32",
      // Somebody has raised it: its default keeps NewcomersQueueTooLong from ever being true.
      QUEUE_SECONDS_MAX: "60",
      // The wire is held for longer than the lease is by default; a state of its own.
      HALT_LEASE_SECONDS: "30",
      // A slow wire is to be slow, and not to end what goes over it.
      CONNECT_SECONDS_MAX: "20",
      STATEMENT_SECONDS_MAX: "20",
      DRAIN_SECONDS_MAX: "2",
    },
  },
  // The guard off, as of a system that has none.
  probed: { laterFault: "shared-cache-key", environment: { GUARD: "off" }, isProbed: true },
} as const satisfies Record<string, StageOptions>;
export type StageName = keyof typeof STAGES;

const CLIENTS = 64;
/** More than have a turn at once, and fewer than are told to come back: who waits with a ticket ends the queue. */
const QUEUE = 48;
const JOIN_MS_MAX = 5_000;
const nothing = async () => {};

export const STATES: readonly State[] = [
  {
    alert: "IdAnomaly",
    stage: "faulty",
    how: "the fault module-variable, and 64 people at once",
    async begin({ service }) {
      const crowd = keepBursting(service.url, CLIENTS);
      return crowd.stop;
    },
  },
  {
    alert: "IdAnomalyInDatabase",
    stage: "faulty",
    how: "a member's row is changed behind the service's back",
    async begin({ service, sql }) {
      // Somebody has to be a member; where the campaign is closed already there are some.
      await sendBurst(service.url, 1, AbortSignal.timeout(JOIN_MS_MAX));
      await sql("create table kept as select id, address from members order by id desc limit 1");
      await sql("update members set address = 'somewhere else' from kept where members.id = kept.id");
      return async () => {
        await sql("update members set address = kept.address from kept where members.id = kept.id");
        await sql("drop table kept");
      };
    },
  },
  {
    alert: "CampaignHalted",
    stage: "faulty",
    how: "an operator halts",
    async begin({ admin }) {
      await admin("/halt", "jane", { reason: "an exercise" });
      return nothing;
    },
  },
  {
    alert: "BreakGlassUsed",
    stage: "faulty",
    how: "an operator halts, and the sealed token reopens",
    async begin({ admin }) {
      await admin("/halt", "jane", { reason: "an exercise" });
      await admin("/break-glass", "glass", { reason: "nobody else can be reached" });
      return nothing;
    },
  },
  {
    alert: "LedgerLosing",
    stage: "faulty",
    how: "the table of anomalies takes no rows, a file stands where the spool's folder was, and anomalies come",
    async begin({ service, sql, spoolFolder }) {
      await sql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
        create trigger refuse before insert on anomalies for each row execute function refuse()`);
      await rename(spoolFolder, `${spoolFolder}.away`);
      await writeFile(spoolFolder, "");
      const crowd = keepBursting(service.url, CLIENTS);
      return async () => {
        await crowd.stop();
        await rm(spoolFolder);
        await rename(`${spoolFolder}.away`, spoolFolder);
        await sql("drop trigger refuse on anomalies; drop function refuse");
      };
    },
  },
  {
    alert: "NotificationsFailing",
    stage: "faulty",
    how: "the kill switch's token is no longer the service's; the fault module-variable, and 64 people at once",
    async begin({ service, tokenFiles }) {
      const token = await readFile(tokenFiles.alerts, "utf8");
      await writeFile(tokenFiles.alerts, "not the service's");
      const crowd = keepBursting(service.url, CLIENTS);
      return async () => {
        await crowd.stop();
        await writeFile(tokenFiles.alerts, token);
      };
    },
  },
  {
    alert: "NewcomersQueueTooLong",
    stage: "narrow",
    how: "the door lets people queue for a minute, each of the database's answers comes 1 s later, and 48 are there all the time",
    async begin({ service, wire }) {
      wire.slow({ answerDelayMs: 1_000 });
      const crowd = keepComing(service.url, QUEUE);
      return async () => {
        wire.release();
        await crowd.stop();
      };
    },
  },
  {
    alert: "WaitToldWrong",
    stage: "narrow",
    how: "150 people come, and those who do not fit in are told to come back; then the database says nothing for 18 s; again and again",
    begin: ({ service, wire }) =>
      tellAndThen(service.url, { people: 150, tellMs: 500, silentSeconds: 18, pauseMs: 8_000, wire }),
  },
  {
    alert: "SignupsBelowOffered",
    stage: "narrow",
    how: "a deployment took from the service's login the right to write members, and 20 people come each second",
    async begin({ service, sql }) {
      await sql(forLogin("service", "revoke insert on members from %I"));
      const crowd = keepSending(service.url, 20);
      return async () => {
        await crowd.stop();
        await sql(forLogin("service", "grant insert on members to %I"));
      };
    },
  },
  {
    alert: "PromisesBroken",
    stage: "narrow",
    how: "300 people come, and those who do not fit in are told to come back; then the database says nothing for 8 s; again and again",
    begin: ({ service, wire }) =>
      tellAndThen(service.url, { people: 300, tellMs: 1_000, silentSeconds: 8, pauseMs: 0, wire }),
  },
  {
    alert: "SignupsSlowInCampaign",
    stage: "narrow",
    how: "each of the database's answers comes 1.5 s later, and 20 people come each second",
    async begin({ service, wire }) {
      wire.slow({ answerDelayMs: 1_500 });
      const crowd = keepSending(service.url, 20);
      return async () => {
        wire.release();
        await crowd.stop();
      };
    },
  },
  {
    alert: "ProbeSawForeignData",
    stage: "probed",
    how: "the probe's visitors are led to a service with the fault shared-cache-key, and with the guard off",
    async begin({ service, probeWire, faultyUrl }) {
      if (probeWire === null || faultyUrl === null) throw new Error("no service for the probe to be led to");
      probeWire.leadTo(faultyUrl);
      return async () => probeWire.leadTo(service.url);
    },
  },
  {
    alert: "ProbeSilent",
    stage: "probed",
    how: "an operator halts: the probe's visitors are turned away, too",
    async begin({ admin }) {
      await admin("/halt", "jane", { reason: "an exercise" });
      return nothing;
    },
  },
  {
    alert: "WorkerMissing",
    stage: "plain",
    how: "kill −9 of a worker, and of each that takes its place",
    async begin({ service }) {
      const [kept] = workerPidsOf(service.pid);
      const timer = setInterval(() => {
        for (const pid of workerPidsOf(service.pid)) if (pid !== kept) signal(pid, "SIGKILL");
      }, 50);
      return async () => clearInterval(timer);
    },
  },
  {
    alert: "AuditorStale",
    stage: "plain",
    how: "the auditor's login is locked, and its connection ended",
    async begin({ sql }) {
      await sql(forLogin("auditor", "alter role %I nologin"));
      await sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crowdproof-auditor'",
      );
      return () => sql(forLogin("auditor", "alter role %I login"));
    },
  },
  {
    alert: "TargetDown",
    stage: "plain",
    how: "the service's parent process is stopped (SIGSTOP)",
    async begin({ service }) {
      signal(service.pid, "SIGSTOP");
      return async () => signal(service.pid, "SIGCONT");
    },
  },
  {
    alert: "AlertmanagerUnreachable",
    stage: "plain",
    how: "Alertmanager is stopped (SIGSTOP)",
    async begin({ stack }) {
      signal(stack.pids.alertmanager, "SIGSTOP");
      return async () => signal(stack.pids.alertmanager, "SIGCONT");
    },
  },
  // Last: a Prometheus that reads its rules again looks for Alertmanager again, which takes 5 s.
  {
    alert: "RuleFailing",
    stage: "plain",
    how: "a rule with a many-to-many match is added, and Prometheus told to read its rules again",
    async begin({ stack }) {
      const file = rulesFileOf(stack.pids.prometheus);
      const before = await readFile(file, "utf8");
      const broken =
        "{ record: 'a:b:c', expr: 'crowdproof_workers * on (instance) crowdproof_campaign_state' }";
      await writeFile(file, `${before}\n  - { name: broken, interval: 500ms, rules: [${broken}] }\n`);
      signal(stack.pids.prometheus, "SIGHUP");
      return async () => {
        await writeFile(file, before);
        signal(stack.pids.prometheus, "SIGHUP");
      };
    },
  },
];

const SLOW_MS = 150;

interface Silence {
  readonly people: number;
  /** In which they are told when to come back. */
  readonly tellMs: number;
  readonly silentSeconds: number;
  /** In which the database answers, and those who came back are let in. */
  readonly pauseMs: number;
  readonly wire: Stage["wire"];
}

/** People who are told a time at a pace that the database then no longer has. */
async function tellAndThen(
  url: string,
  { people, tellMs, silentSeconds, pauseMs, wire }: Silence,
): Promise<() => Promise<void>> {
  const crowd = untilStopped(async (signal) => {
    const bursts: Promise<void>[] = [];
    while (!signal.aborted) {
      wire.slow({ answerDelayMs: SLOW_MS });
      bursts.push(sendBurst(url, people, signal));
      await rest(tellMs, signal);
      wire.hold();
      await rest(silentSeconds * 1_000, signal);
      wire.release();
      await rest(pauseMs, signal);
    }
    await Promise.all(bursts);
  });
  return crowd.stop;
}

/** A statement about one of the service's own logins, whose names end in a hash of the database's. */
function forLogin(role: "service" | "auditor", statement: string): string {
  return `do $$ declare login text; begin
    select rolname into strict login from pg_roles where rolname like 'crowdproof\\_${role}\\_%';
    execute format('${statement}', login);
  end $$`;
}

/** Beside its configuration, as `rule_files` has it. */
function rulesFileOf(prometheusPid: number): string {
  const config = argumentsOf(prometheusPid).find((argument) => argument.startsWith("--config.file="));
  return join(config?.slice("--config.file=".length) ?? "", "../../rules/crowdproof.yml");
}
