import { Counter, Registry } from "prom-client";
import { MAIL_OUTCOMES, type MailOutcome } from "../mail/mailer.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

/** The mailer's numbers: there is one for all workers, in the parent process. */
export interface MailMetrics {
  count(outcome: MailOutcome): void;
  snapshot(): Promise<MetricsSnapshot>;
}

export function createMailMetrics(): MailMetrics {
  const registry = new Registry();
  const mails = new Counter({
    name: "crowdproof_mails_total",
    help: "Mails taken from the outbox, by what became of them; one withheld was addressed to somebody else.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const outcome of MAIL_OUTCOMES) mails.inc({ outcome }, 0);
  return {
    count: (outcome) => mails.inc({ outcome }),
    snapshot: () => registry.getMetricsAsJSON(),
  };
}
