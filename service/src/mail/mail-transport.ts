import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { SeamContext } from "../seam-context.ts";
import { MailRefusedError, type MailTransport, SEND_SECONDS_MAX, SENDING_MAX } from "./mail.ts";

/** SMTP where there is a server, else a folder of .eml files, which any mail program opens. */
export function createMailTransport({ config }: Pick<SeamContext, "config">): MailTransport {
  return config.smtpUrl === undefined ? sendToFolder(config.mailDir) : sendBySmtp(config.smtpUrl);
}

function sendBySmtp(url: string): MailTransport {
  const milliseconds = SEND_SECONDS_MAX * 1_000;
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: SENDING_MAX,
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
  });
  return {
    async send({ from, to, raw }) {
      try {
        // Each of the pool's limits is one of silence: a relay that says a word now and then would keep a mail for minutes.
        const signal = AbortSignal.timeout(milliseconds);
        await transport.sendMail({ envelope: { from, to: [to] }, raw, signal });
      } catch (error) {
        throw isRefusedForGood(error)
          ? new MailRefusedError(`SMTP ${error.responseCode}`, { cause: error })
          : error;
      }
    },
    async close() {
      transport.close();
    },
  };
}

/** nodemailer's names for where the relay's answer came; one at the greeting, at TLS or at the login has a code too. */
interface RelayAnswer extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** A 5xx about this recipient or this message. One about us (greeting, login, sender) ends when somebody mends the settings. */
function isRefusedForGood(error: unknown): error is RelayAnswer {
  if (!(error instanceof Error)) return false;
  const { code, command, responseCode = 0 }: RelayAnswer = error;
  const isAboutIt = (code === "EENVELOPE" && command === "RCPT TO") || code === "EMESSAGE";
  return isAboutIt && responseCode >= 500 && responseCode < 600;
}

/** Absent: a temporary folder, made for the first mail and removed at the end. */
function sendToFolder(dir: string | undefined): MailTransport {
  let opened: Promise<string> | undefined;
  const open = async () => {
    if (dir === undefined) return await mkdtemp(join(tmpdir(), "crowdproof-mails-"));
    // Not its parents: a folder that was removed with all around it must not come back.
    await mkdir(dir, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    return dir;
  };
  return {
    async send({ id, to, raw }) {
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      const file = join(await opened, `${id}.eml`);
      // Renamed into place, so that whoever watches the folder never reads half a mail. The first line is the envelope.
      await writeFile(`${file}.part`, Buffer.concat([Buffer.from(`Delivered-To: ${to}\r\n`), raw]), {
        mode: 0o600,
      });
      await rename(`${file}.part`, file);
    },
    async close() {
      if (dir === undefined && opened !== undefined) await rm(await opened, { recursive: true, force: true });
    },
  };
}
