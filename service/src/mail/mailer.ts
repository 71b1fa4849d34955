import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import {
  type Letter,
  type Mail,
  MailRefusedError,
  type MailTransport,
  type RenderMail,
  SENDING_MAX,
} from "./mail.ts";
import type { Claimed, Outbox } from "./outbox.ts";

/**
 * What became of a mail. `withheld`: it was an anomaly or not of the service's own form, or its address is none that a mail
 * may go to. `dropped`: there is no such member.
 */
export const MAIL_OUTCOMES = ["sent", "failed", "refused", "withheld", "dropped"] as const;
export type MailOutcome = (typeof MAIL_OUTCOMES)[number];

export interface MailerParts {
  readonly outbox: Outbox;
  readonly render: RenderMail;
  readonly transport: MailTransport;
  /**
   * Why the bytes that would leave may not, in the guard's words; undefined where they may. An anomaly it has reported.
   * Absent: everything may leave.
   */
  readonly objectionTo?: (mail: Mail, letter: Letter) => Promise<string | undefined>;
  readonly log: Logger;
  /** So that mails never take from signups what signups need: what is more waits in the outbox. */
  readonly mailsPerSecondMax: number;
  count?(outcome: MailOutcome): void;
}

/** Drains the outbox until it is closed. */
export interface Mailer {
  start(): void;
  /** Lets those finish that are under way; what was taken and not begun comes again at its next time. */
  close(): Promise<void>;
}

/** An empty outbox is looked at four times a second: nobody reads a mail sooner. */
const IDLE_MS = 250;
/** The database is away, or about to be: the outbox can wait longer. */
const TROUBLE_MS = 1_000;

/**
 * At least once: a crash after a mail has left and before its row has gone sends it twice, under the same Message-ID.
 * Never to another person: recipient, name and number come from one row, and the envelope is held against it.
 */
export function createMailer(parts: MailerParts): Mailer {
  const closing = new AbortController();
  const pause = (milliseconds: number) =>
    sleep(milliseconds, undefined, { signal: closing.signal }).catch(() => {});
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!closing.signal.aborted) await pause(await drainOnce(parts, closing.signal));
  }
  return {
    start() {
      running ??= run();
    },
    async close() {
      closing.abort();
      await running;
      await parts.transport.close();
    },
  };
}

/** One batch; gives the milliseconds to wait before the next. */
async function drainOnce(parts: MailerParts, closing: AbortSignal): Promise<number> {
  try {
    const claimed = await parts.outbox.claim();
    if (claimed.length === 0) return IDLE_MS;
    const startedMs = performance.now();
    await sendBatch(parts, claimed, closing);
    const tookMs = performance.now() - startedMs;
    return Math.max(0, (claimed.length * 1_000) / parts.mailsPerSecondMax - tookMs);
  } catch (error) {
    logTrouble(parts.log, error, "the outbox cannot be read");
    return TROUBLE_MS;
  }
}

async function sendBatch(
  parts: MailerParts,
  claimed: readonly Claimed[],
  closing: AbortSignal,
): Promise<void> {
  const waiting = [...claimed];
  const done: string[] = [];
  const refused: string[] = [];
  const sendNext = async () => {
    for (let next = waiting.shift(); next !== undefined && !closing.aborted; next = waiting.shift()) {
      const outcome = await sendOne(parts, next);
      parts.count?.(outcome);
      if (outcome === "sent" || outcome === "dropped") done.push(next.id);
      if (outcome === "refused" || outcome === "withheld") refused.push(next.id);
    }
  };
  await Promise.all(Array.from({ length: SENDING_MAX }, sendNext));
  await parts.outbox.settle(done, refused);
}

async function sendOne(parts: MailerParts, { letter, attempts }: Claimed): Promise<MailOutcome> {
  if (letter === null) return "dropped";
  try {
    const rendered = await parts.render(letter);
    // Its own bytes from here on: what was judged is what leaves, whoever else still holds the renderer's buffer.
    const mail = { ...rendered, raw: Buffer.from(rendered.raw) };
    if (!ONE_ADDRESS.test(letter.email)) return withhold(parts.log, letter, "its address is not one address");
    const objection = await parts.objectionTo?.(mail, letter);
    if (objection !== undefined) return withhold(parts.log, letter, objection);
    if (!isAddressedRight(mail, letter))
      return withhold(parts.log, letter, "it is not addressed to its member");
    await parts.transport.send(mail);
    return "sent";
  } catch (error) {
    logTrouble(parts.log, error, "a mail was not sent", { kind: letter.kind, attempts });
    return error instanceof MailRefusedError ? "refused" : "failed";
  }
}

/**
 * One plain address, or a comma in it would make two recipients out of one: what HTML takes for an e-mail address, with letters
 * of any script.
 */
const ONE_ADDRESS = /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*$/u;

function isAddressedRight(mail: Mail, letter: Letter): boolean {
  return mail.to === letter.email && mail.id === letter.id;
}

function withhold(log: Logger, { kind }: Letter, why: string): "withheld" {
  log.error({ kind, why }, "a mail was withheld");
  return "withheld";
}

/** Name and code: a relay's own words may hold the address. */
function logTrouble(log: Logger, error: unknown, words: string, facts: object = {}): void {
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  log.warn({ ...facts, name, code }, words);
}
