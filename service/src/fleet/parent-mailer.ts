import type { Logger } from "pino";
import type { RaiseAlarm } from "../alert-push/alarm.ts";
import type { Config } from "../config.ts";
import { createReport } from "../guard/report-anomaly.ts";
import { openAnomalyLedger } from "../ledger/ledgers.ts";
import { type MailerOptions, startMailer } from "../mail/start-mailer.ts";
import type { AlarmMetrics } from "../metrics/alarm-metrics.ts";
import type { Seams } from "../seams.ts";

export interface ParentMailerOptions {
  readonly config: Config;
  /** The mailer's login. */
  readonly databaseUrl: string;
  readonly seams: Seams;
  readonly log: Logger;
  readonly raiseAlarm: RaiseAlarm;
  readonly countAnomaly: AlarmMetrics["countAnomaly"];
  readonly count: NonNullable<MailerOptions["count"]>;
}

/** The one mailer for all workers, with all that an anomaly in a mail sets off. */
export function startParentMailer(options: ParentMailerOptions): { close(): Promise<void> } {
  const { log, raiseAlarm, countAnomaly } = options;
  const ledger = openAnomalyLedger(options);
  const reportAnomaly = createReport({
    record: ledger.record,
    raiseAlarm: (cause) => raiseAlarm({ ...cause, by: "guard" }),
    countAnomaly,
    warn: (trouble, words) => log.warn(trouble, words),
  });
  const mailer = startMailer({ ...options, reportAnomaly });
  return {
    async close() {
      await mailer.close();
      await ledger.close();
    },
  };
}
