import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createAdmission } from "./admission/admission.ts";
import { createAlarm } from "./alert-push/alarm.ts";
import { createAlertPush } from "./alert-push/alert-push.ts";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import { prepareDatabase } from "./db/migrate.ts";
import { expressMessages } from "./edge/express-messages.ts";
import { type EdgeServer, listenAtEdge } from "./edge/server.ts";
import type { ParentLink } from "./fleet/parent-link.ts";
import { createGuard } from "./guard/guard.ts";
import { createReport, type ReportParts } from "./guard/report-anomaly.ts";
import { shareOf } from "./halt/campaign-state.ts";
import { createHalt } from "./halt/halt.ts";
import { deriveKeys } from "./keys.ts";
import { type Ledgers, openLedgers } from "./ledger/ledgers.ts";
import { startMailer } from "./mail/start-mailer.ts";
import { createMemberNumbers } from "./member/member-number.ts";
import { createEventLoopLag } from "./metrics/event-loop-lag.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { createRegistration } from "./registration/register-signup.ts";
import type { SeamContext } from "./seam-context.ts";
import type { Seams } from "./seams.ts";
import { createSignIn } from "./sign-in/sign-in.ts";
import { createSignInCodes } from "./sign-in/sign-in-code.ts";
import { createAppointments } from "./waiting-room/appointments.ts";
import { createBookLink } from "./waiting-room/book-link.ts";
import { waitMs } from "./waiting-room/line.ts";
import { openBook } from "./waiting-room/open-book.ts";
import { createTickets } from "./waiting-room/ticket.ts";
import { createWaitingRoom } from "./waiting-room/waiting-room.ts";

/** A service that listens. */
export interface Service {
  readonly url: string;
  readonly metrics: Metrics;
  /**
   * Stops accepting, lets what is under way finish (at most `drainSecondsMax`), closes the pool. Politely, where others
   * serve on: a kept connection is closed by its next answer or by its own time-out, never under a client's request.
   */
  close(how?: "politely" | "now"): Promise<void>;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly seams: Seams;
  readonly log: Logger;
  /** Of a worker process: its parent has prepared the database, and offers what is there once for all workers. */
  readonly parent?: ParentLink;
  /** Of a worker process: its place among its parent's workers. */
  readonly slot?: number;
}

/** The composition root: the only place that knows how the parts fit together. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { config, databaseUrl, seams, log, parent, slot = 1 } = options;
  const keys = deriveKeys(config.secretKey);
  const database = seams.createDatabase({
    url: databaseUrl,
    connectionsMax: config.poolConnectionsMax,
    statementSecondsMax: config.statementSecondsMax,
    connectSecondsMax: config.connectSecondsMax,
    onIdleError: (error) => log.warn({ name: error.name }, "an idle database connection died"),
  });
  const numbers = createMemberNumbers(keys.memberNumber);
  const signInCodeOf = createSignInCodes(keys.signIn);
  const context: SeamContext = { config, log, clock: seams.clock, numbers, signInCodeOf, database };
  const limits = seams.admissionLimits(config);
  const halt = createHalt({ databaseUrl, leaseSeconds: config.haltLeaseSeconds, log });
  const admission = createAdmission(limits);
  const eventLoopLag = createEventLoopLag();
  const metrics = createMetrics({
    working: () => admission.working,
    queued: () => admission.queued,
    limit: () => admission.limit,
    capacityPerSecond: () => admission.capacityPerSecond,
    connections: () => database.connections(),
    connectionsMax: () => config.poolConnectionsMax,
    eventLoopLagSeconds: eventLoopLag.seconds,
    line() {
      const state = appointments.line();
      return { waitSeconds: waitMs(state, state.nextMs, seams.clock()) / 1_000, perSecond: state.perSecond };
    },
  });
  const share = () => shareOf(halt.state());
  const appointments = createAppointments({
    openBook: async () => (parent === undefined ? openBook(options) : createBookLink(parent)),
    clock: seams.clock,
    report: (isLine) => ({ door: process.pid, share: share(), ...admission.pulse(isLine) }),
    guessMs: () => limits.retryAfterSeconds() * 1_000,
  });
  const waitingRoom = createWaitingRoom({
    tickets: createTickets(keys.ticket),
    appointments,
    admission,
    clock: seams.clock,
    waitSecondsMax: config.waitSecondsMax,
    share,
    metrics,
  });
  const sessions = seams.createSessionStore(context);
  const createSessionToken = seams.createSessionTokens(keys.session);
  const transaction = seams.createTransactionScope(context);
  const signIn = createSignIn({
    database,
    transaction,
    sessions,
    createToken: createSessionToken,
    signInCodeOf,
    addressKey: keys.signIn,
  });
  const registerSignup = createRegistration({
    issuer: seams.createIssuer(context),
    repository: seams.createRepository(context),
    transaction,
    sessions,
    keys,
    createSessionToken,
    batchRowsMax: config.batchRowsMax,
    observeBatch: metrics.observeBatch,
    observeCommit: metrics.observeCommit,
  });
  const app = createApp({
    log,
    metrics,
    admission,
    waitingRoom,
    halt,
    numbers,
    sessions,
    signIn,
    registerSignup,
    checkSession: seams.createSessionCheck(sessions, context),
    profiles: seams.createProfileReader(context),
    renderCard: seams.renderCard,
    writer: seams.createResponseWriter(context),
    translateError: seams.translateError,
    retryAfterSeconds: limits.retryAfterSeconds,
    async checkReady() {
      await database.query({ text: "select 1" });
    },
  });

  const push = createAlertPush({ ...config, log, clock: Date.now, count: metrics.countPush });
  const raise = createAlarm(halt, push);
  const reportTo = ({ record }: Ledgers): ReportParts => ({
    record,
    raiseAlarm: (cause) => raise({ ...cause, by: "guard" }),
    countAnomaly: metrics.countAnomaly,
    warn: (trouble, words) => log.warn(trouble, words),
  });
  const standGuard = (ledgers: Ledgers) => {
    // Off, it judges for the access ledger alone.
    if (config.guard === "off" && config.accessLedgerDays === 0) return app;
    return createGuard({
      ...reportTo(ledgers),
      keys,
      mode: config.guard === "on" ? "block" : "observe",
      count: metrics.countGuard,
      served: ledgers.served,
    }).around(app);
  };

  let server: EdgeServer;
  let ledgers: Ledgers | undefined;
  try {
    if (parent === undefined) await prepareDatabase(database, { config, databaseUrl, extra: seams.schema });
    await halt.start();
    await appointments.start();
    ledgers = openLedgers({ config, databaseUrl, log, slot });
    metrics.watchLedgers(ledgers);
    server = await listenAtEdge({
      config,
      app: standGuard(ledgers),
      messages: expressMessages(app),
      countRefusal: metrics.countEdgeRefusal,
    });
  } catch (error) {
    eventLoopLag.close();
    await ledgers?.close();
    await appointments.close();
    await push.close();
    await halt.close();
    await database.close();
    throw error;
  }
  // Else the parent has one for all its workers.
  const reportAnomaly = createReport(reportTo(ledgers));
  const mailer = parent === undefined ? startMailer({ ...options, reportAnomaly }) : undefined;
  async function close(how: "politely" | "now"): Promise<void> {
    const deadlineMs = performance.now() + config.drainSecondsMax * 1_000;
    await server.close(how);
    // People who hung up have no connection any more, but their registrations are still on the way to their commit.
    while (admission.working > 0 && performance.now() < deadlineMs) await sleep(DRAIN_POLL_MS);
    await appointments.close();
    await mailer?.close();
    await push.close();
    await halt.close();
    await ledgers?.close();
    await database.close();
    eventLoopLag.close();
  }
  let closing: Promise<void> | undefined;
  return {
    url: server.url,
    metrics,
    close(how = "now") {
      closing ??= close(how);
      return closing;
    },
  };
}

const DRAIN_POLL_MS = 10;
