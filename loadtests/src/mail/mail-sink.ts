import { setTimeout as sleep } from "node:timers/promises";
import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import { blankObservation } from "../events/blank-observation.ts";
import type { Event, ObservationEvent } from "../events/event.ts";
import { CANARY_KEY_SECRET, createCanaryCodec } from "../people/canary.ts";
import type { Plan } from "../plan/plan.ts";
import { MAIL_DESK_SECRET } from "../target/mail-desk.ts";
import type { MailSinkFile } from "../target/target.ts";
import { fillSecrets } from "../target/template.ts";
import { UsageError } from "../usage-error.ts";
import { createAddressees } from "./addressees.ts";
import type { Mail } from "./mail.ts";
import { openMailDesk } from "./mail-desk.ts";
import { type MailContext, pageOf, readMail } from "./read-mail.ts";
import { type MailSource, receiveSmtp } from "./receive-smtp.ts";
import { watchFolder } from "./watch-folder.ts";

/** Where the mails of a run end, and are looked at as answers are. */
export interface MailSink {
  /** What steps that wait for a mail have to know, beside the target's own secrets. */
  secrets: Record<string, string>;
  /** Follows the run: who became a member is due a mail. */
  see(event: Event): void;
  /** Tells of each mail of this run as it comes; the time in it is not yet known. One listener. */
  follow(listener: (mail: ObservationEvent) => void): void;
  /**
   * What was in the mails, once everybody who is due one has it or the sink's time is up; how many mails there were is said
   * at the end. `startedAt` is the run's start, `atMicroseconds` the end. A run that was cut short waits for none and
   * claims no end, nor does one with a mail that could not be read: what came until then is evidence all the same.
   */
  observe(run: {
    startedAt: string;
    atMicroseconds: number;
    isCutShort: boolean;
  }): AsyncGenerator<ObservationEvent>;
  close(): Promise<void>;
}

export interface MailSinkOptions {
  plan: Plan;
  secrets: Record<string, string>;
  /** Told why a mail could not be looked at. */
  say(reason: string): void;
}

/** Opens the sink that the target file names; null where mails end out of our sight. */
export async function openMailSink({ plan, secrets, say }: MailSinkOptions): Promise<MailSink | null> {
  const { mail: declared } = plan.target.sinks;
  if (typeof declared !== "object") return null;
  const folder = "folder" in declared ? fillSecrets(declared.folder, secrets) : null;
  if (folder === "") return null;
  const codec = createCanaryCodec({
    runId: plan.runId,
    key: secrets[CANARY_KEY_SECRET],
    hmacSha256: nodePrimitives.hmacSha256,
    decodeBase64: nodePrimitives.decodeBase64,
  });
  const addressees = createAddressees(plan, codec);
  const context: MailContext = { plan, codec, addressees, via: folder === null ? "smtp" : "folder" };
  const desk = await openMailDesk();
  const seen: Seen[] = [];
  const served = new Set<string>();
  /** Addresses of members to which no mail has come. */
  const due = new Set<string>();
  let tell: (mail: ObservationEvent) => void = () => {};
  const isWaitedFor = plan.target.steps.some(({ isMail }) => isMail);
  const onMail = (mail: Mail) => {
    served.add(mail.to);
    due.delete(mail.to);
    if (isWaitedFor) desk.put(mail.to, pageOf(mail));
    const event = readMail(mail, context);
    if (!isOfThisRun(mail, event, context)) return;
    seen.push({ event, receivedMs: mail.receivedMs });
    tell(event);
  };
  const source = await openSource({ declared, folder, secrets, onMail, say }).catch(
    async (error: unknown) => {
      // Nobody else knows of it, and the process would never end.
      await desk.close();
      throw error;
    },
  );
  return {
    secrets: { [MAIL_DESK_SECRET]: desk.url },
    see(event) {
      if (event.type !== "request" || event.class !== "acknowledged" || event.control !== null) return;
      const address = addressees.addressOf(event.visitor);
      if (!served.has(address)) due.add(address);
    },
    follow(listener) {
      tell = listener;
    },
    async *observe({ startedAt, atMicroseconds, isCutShort }) {
      const untilMs = performance.now() + (isCutShort ? 0 : declared.withinSeconds * 1_000);
      while (performance.now() < untilMs && due.size > 0) await sleep(LOOK_MS);
      await source.close();
      const startMs = Date.parse(startedAt);
      for (const { event, receivedMs } of seen) {
        yield { ...event, atMicroseconds: Math.max(0, Math.round((receivedMs - startMs) * 1_000)) };
      }
      // Not all of them are known: that is said by saying nothing.
      if (isCutShort || source.hasUnread()) return;
      yield { ...blankObservation(plan.runId, atMicroseconds), kind: "mails-end", value: seen.length };
    },
    async close() {
      await source.close();
      await desk.close();
    },
  };
}

const LOOK_MS = 200;

interface Seen {
  event: ObservationEvent;
  receivedMs: number;
}

/** A sink that others write to as well has mails of people who are none of ours, of older runs among them. */
function isOfThisRun(
  mail: Mail,
  { visitor, foreign }: ObservationEvent,
  { plan, codec }: MailContext,
): boolean {
  if (visitor !== null || foreign.some(({ runTag }) => runTag === codec.runTag)) return true;
  return plan.target.telemetry.exclusive && codec.find(mail.to).length === 0;
}

interface SourceOptions {
  declared: MailSinkFile;
  folder: string | null;
  secrets: Record<string, string>;
  onMail(mail: Mail): void;
  say(reason: string): void;
}

async function openSource({ declared, folder, secrets, onMail, say }: SourceOptions): Promise<MailSource> {
  const opened =
    "smtp" in declared
      ? await receiveSmtp(addressOf(fillSecrets(declared.smtp, secrets)), onMail, say)
      : await watchFolder(folder ?? "", onMail, say);
  let closing: Promise<void> | undefined;
  return {
    hasUnread: opened.hasUnread,
    close() {
      closing ??= opened.close();
      return closing;
    },
  };
}

/** Loopback only, whatever the environment says: an open sink takes anybody's mail. */
function addressOf(text: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(localhost|127(?:\.\d+){3}|\[::1\]):(\d+)$/.exec(text) ?? [];
  if (host === "")
    throw new UsageError(`sinks.mail.smtp is ${JSON.stringify(text)}, expected 127.0.0.1:PORT.`);
  return { host: host.replace(/[[\]]/g, ""), port: Number(port) };
}
