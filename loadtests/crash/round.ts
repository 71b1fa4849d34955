import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../src/arrivals/random.ts";
import { loadCampaign } from "../src/campaign/load-campaign.ts";
import { sendEmbedded } from "../src/engine/embedded/send-embedded.ts";
import type { Event } from "../src/events/event.ts";
import { followHistory } from "../src/events/follow-history.ts";
import { recordRun } from "../src/gate.ts";
import { openMailSink } from "../src/mail/mail-sink.ts";
import { compilePlan } from "../src/plan/compile-plan.ts";
import type { Plan } from "../src/plan/plan.ts";
import { createRunId } from "../src/plan/run-id.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { loadTarget } from "../src/target/load-target.ts";
import { resolveSecrets } from "../src/target/secrets.ts";
import type { Target } from "../src/target/target.ts";
import { KINDS, type Kind } from "./kinds.ts";
import type { Machine } from "./machine.ts";
import type { Storm, Strike } from "./storm.ts";

/** What was done and seen in one round, before the checks judge its run folder. */
export interface RoundRecord {
  round: number;
  dir: string;
  /** One for each strike of the storm: how often it happened, and what kept it from happening. */
  blows: { kind: string; atMs: number; events: number; trouble: string | null }[];
  /** Everything served again after so many seconds; null where it did not. */
  recoverySeconds: number | null;
  /** Members, sessions and mails of one commit of which a part is missing. */
  halves: string[];
  /** Whatever else must not happen: an end by itself, a halt nobody asked for, no recovery. */
  complaints: string[];
}

export interface RoundCall {
  machine: Machine;
  round: number;
  storm: Storm;
  dir: string;
  fault: string | undefined;
  signal: AbortSignal;
}

const CAMPAIGN = join(import.meta.dirname, "campaign.yaml");
const HALF_MEMBERS = readFile(join(import.meta.dirname, "half-members.sql"), "utf8");
/** Mails leave the outbox within a second where nothing was in the way; else a minute later, which no round waits for. */
const MAIL_SECONDS = 0.5;

/** A campaign under a storm; then everything is made to stand again, and what is left is read. */
export async function recordRound(call: RoundCall): Promise<RoundRecord> {
  const { machine, round, dir, signal } = call;
  // By the database's own clock, which nobody steps.
  const since = await machine.database.ask(async (query) => {
    const [row] = await query<{ now: string }>("select clock_timestamp()::text as now");
    return row?.now ?? "";
  });
  const plan = await preparePlan(call, since);
  const secrets = await resolveSecrets(plan.target, machine.environment());
  const mails = await openMailSink({ plan, secrets, say });
  const record: RoundRecord = { round, dir, blows: [], recoverySeconds: null, halves: [], complaints: [] };
  try {
    await recordRun({
      dir,
      plan,
      secrets,
      signal,
      mails,
      alerts: null,
      say,
      async sendLoad(sent, options) {
        const seen = new AbortController();
        const begun = Promise.withResolvers<void>();
        const onEvent = (event: Event) => {
          mails?.see(event);
          if (event.type === "request" && event.class === "acknowledged") begun.resolve();
        };
        const following = followHistory(join(dir, "events.ndjson"), onEvent, seen.signal);
        const sending = sendEmbedded(sent, options).finally(begun.resolve);
        const [totals, blows] = await Promise.all([sending, unleash(call, begun.promise)]);
        record.blows = blows;
        const recovery = await machine.recover(signal);
        if ("seconds" in recovery) record.recoverySeconds = recovery.seconds;
        else record.complaints.push(recovery.complaint);
        seen.abort();
        await following;
        // A database that was started again has another port.
        Object.assign(secrets, await resolveSecrets(plan.target, machine.environment()));
        return totals;
      },
    });
  } finally {
    await mails?.close();
  }
  await lookAround(machine, since, record);
  // The service and its folder go with a round that failed.
  if (record.complaints.length > 0) await copyFile(machine.logFile, join(dir, "service.log"));
  await forgetMails(machine);
  return record;
}

async function preparePlan({ storm, fault }: RoundCall, since: string): Promise<Plan> {
  const [campaign, target] = await Promise.all([loadCampaign(CAMPAIGN), loadTarget(REFERENCE_TARGET)]);
  const plan = compilePlan(campaign, crashTarget(target, since), {
    runId: createRunId(),
    seed: storm.seed,
    scale: 1,
  });
  return { ...plan, campaignFile: CAMPAIGN, ...(fault === undefined ? {} : { fault }) };
}

/** The reference service, without what a process that was killed cannot tell: its counters. */
function crashTarget(target: Target, since: string): Target {
  const { sql } = target.readBack;
  if (sql === undefined) throw new Error("the reference target names no rows");
  const { mail } = target.sinks;
  return {
    ...target,
    // Many rounds share the table; of nobody's rows only those of this round are its matter.
    readBack: {
      visibleWithinSeconds: 0,
      http: false,
      sql: { ...sql, statement: `${sql.statement.trim()} where created_at >= '${since}'` },
    },
    telemetry: { ...target.telemetry, counters: {} },
    notJudged: {
      "refusals-honest": "who is stopped or killed says no late, and cannot keep the time it told",
    },
    sinks:
      typeof mail === "object" ? { ...target.sinks, mail: { ...mail, withinSeconds: MAIL_SECONDS } } : {},
  };
}

/**
 * Each strike at its moment of the campaign, side by side; one that finds nothing to hit is told. The campaign has begun
 * when somebody is a member: where nobody is, nobody can be lost.
 */
function unleash({ machine, storm, signal }: RoundCall, begun: Promise<void>): Promise<RoundRecord["blows"]> {
  return Promise.all(
    storm.strikes.map(async (strike) => {
      const { kind, atMs } = strike;
      try {
        await begun;
        await sleep(atMs, undefined, { signal });
        return { kind, atMs, ...(await strikeOnce(machine, strike, storm.seed, signal)) };
      } catch (error) {
        if (signal.aborted) return { kind, atMs, events: 0, trouble: "interrupted" };
        return { kind, atMs, events: 0, trouble: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

async function strikeOnce(machine: Machine, strike: Strike, seed: number, signal: AbortSignal) {
  const kind = KINDS.find(({ name }) => name === strike.kind) as Kind;
  const missing = kind.missing();
  if (missing !== null) return { events: 0, trouble: missing };
  const events = await kind.strike({ machine, random: createRandom(seed, strike.stream), signal });
  return { events, trouble: events === 0 ? "nothing to hit" : null };
}

async function lookAround(machine: Machine, since: string, record: RoundRecord): Promise<void> {
  record.complaints.push(...machine.takeDeaths());
  const halfMembers = await HALF_MEMBERS;
  const { halves, state } = await machine.database.ask(async (query) => ({
    halves: await query<{ id: string; lacks: string }>(halfMembers, [since]),
    state: await query<{ phase: string; reason: string }>("select phase, reason from campaign_state"),
  }));
  const isSent = (id: string) => existsSync(join(machine.mailDir, `${id}.eml`));
  record.halves = halves
    .filter(({ id, lacks }) => lacks !== "no mail" || !isSent(id))
    .map(({ id, lacks }) => `${id}: ${lacks}`);
  for (const { phase, reason } of state) if (phase !== "open") record.complaints.push(`${phase}: ${reason}`);
}

/** The next round looks at its own. One that is just being written belongs to nobody's round any more. */
async function forgetMails({ mailDir }: Machine): Promise<void> {
  const files = await readdir(mailDir).catch(() => []);
  await Promise.all(
    files.filter((file) => file.endsWith(".eml")).map((file) => rm(join(mailDir, file), { force: true })),
  );
}

function say(reason: string): void {
  process.stderr.write(`${reason}\n`);
}
