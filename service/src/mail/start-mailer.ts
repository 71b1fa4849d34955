import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createMailJudge } from "../guard/judge-mail.ts";
import type { ReportAnomaly } from "../guard/report-anomaly.ts";
import { deriveKeys } from "../keys.ts";
import { createMemberNumbers } from "../member/member-number.ts";
import type { SeamContext } from "../seam-context.ts";
import type { Seams } from "../seams.ts";
import { createSignInCodes } from "../sign-in/sign-in-code.ts";
import { SEND_SECONDS_MAX, SENDING_MAX } from "./mail.ts";
import { createMailer, type Mailer, type MailerParts, type MailOutcome } from "./mailer.ts";
import { createOutbox } from "./outbox.ts";

export interface MailerOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly seams: Seams;
  readonly log: Logger;
  count?(outcome: MailOutcome): void;
  /** Where the guard is on: what is done about a mail that carries somebody else's data. Absent: no mail is judged. */
  readonly reportAnomaly?: ReportAnomaly;
}

/** A mail of which nothing was heard for so long is sent again. */
const RETRY_SECONDS = 60;
/**
 * 16, claimed at once: a batch must be over, and settled, before its first mail is taken for lost. Where each mail takes all
 * of its time, sending them takes two thirds of the retry time; the last third is for the guard and the database.
 */
const BATCH_MAILS_MAX = SENDING_MAX * Math.floor((RETRY_SECONDS * 2) / 3 / SEND_SECONDS_MAX);
/** Claiming and settling take turns, and take none from the signups' pool. */
const CONNECTIONS_MAX = 1;

/** The mailer as the service is configured, at work once this returns. One a service is enough, several do no harm. */
export function startMailer(options: MailerOptions): Pick<Mailer, "close"> {
  const { config, seams, log, count } = options;
  if (config.smtpUrl === undefined)
    log.warn(
      { folder: config.mailDir ?? "a temporary one, removed at the end" },
      "there is no SMTP_URL: mails are written to a folder, count as sent, and reach nobody",
    );
  const context = createContext(options);
  const mailer = createMailer({
    outbox: createOutbox(context.database, {
      batchMailsMax: BATCH_MAILS_MAX,
      attemptsMax: config.mailAttemptsMax,
      retrySeconds: RETRY_SECONDS,
    }),
    render: seams.createMailRenderer(context),
    transport: seams.createMailTransport(context),
    ...standGuard(options, context),
    log,
    mailsPerSecondMax: config.mailsPerSecondMax,
    ...(count === undefined ? {} : { count }),
  });
  mailer.start();
  return {
    async close() {
      await mailer.close();
      await context.database.close();
    },
  };
}

function standGuard(
  { config, reportAnomaly }: MailerOptions,
  { signInCodeOf }: SeamContext,
): Pick<MailerParts, "objectionTo"> {
  if (config.guard === "off" || reportAnomaly === undefined) return {};
  const judge = createMailJudge(deriveKeys(config.secretKey));
  return {
    async objectionTo(mail, letter) {
      const code = letter.kind === "sign-in-code" ? signInCodeOf(letter.id) : null;
      const judgement = judge(mail, { ...letter, code });
      if (judgement.verdict === "healthy") return undefined;
      if (judgement.verdict === "unrecognised") return "it is not of the service's own form";
      await reportAnomaly(judgement.finding, Date.now());
      return `it is an anomaly: ${judgement.finding.kind}`;
    },
  };
}

function createContext({ config, databaseUrl, seams, log }: MailerOptions): SeamContext {
  const keys = deriveKeys(config.secretKey);
  const database = seams.createDatabase({
    url: databaseUrl,
    connectionsMax: CONNECTIONS_MAX,
    statementSecondsMax: config.statementSecondsMax,
    connectSecondsMax: config.connectSecondsMax,
    onIdleError: (error) => log.warn({ name: error.name }, "an idle database connection died"),
  });
  const numbers = createMemberNumbers(keys.memberNumber);
  return { config, log, clock: seams.clock, numbers, signInCodeOf: createSignInCodes(keys.signIn), database };
}
