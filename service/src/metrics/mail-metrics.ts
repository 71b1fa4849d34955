import type { MailOutcome } from "../mail/mailer.ts";
import type { MetricsPage, MetricsSnapshot } from "./snapshot.ts";
import { createTallies } from "./tallies.ts";

/** The mailer's numbers: there is one for all workers, in the parent process. */
export interface MailMetrics {
  count(outcome: MailOutcome): void;
  snapshot(page: MetricsPage): MetricsSnapshot;
}

export function createMailMetrics(): MailMetrics {
  const tallies = createTallies();
  const mails = tallies.counts("crowdproof_mails_total");
  return {
    count(outcome) {
      mails[outcome].value += 1;
    },
    snapshot: tallies.snapshot,
  };
}
