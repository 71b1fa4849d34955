import { once } from "node:events";
import { Readable } from "node:stream";
import { SMTPServer } from "smtp-server";
import { reasonOf } from "../observation/observe-context.ts";
import { UsageError } from "../usage-error.ts";
import type { Mail } from "./mail.ts";
import { parseMail } from "./parse-mail.ts";

/** Where mails come from, until it is closed. */
export interface MailSource {
  /** True where something came, or may have come, that nobody could read. */
  hasUnread(): boolean;
  close(): Promise<void>;
}

/** Larger mails are refused: none of a signup's is. Not announced, so that the refusal is ours to count. */
const MAIL_BYTES_MAX = 10 * 2 ** 20;
/** RFC 5321: exceeded storage allocation. */
const TOO_LARGE = 552;
const CLOSE_MS = 300;

/** An SMTP server on this machine that takes every mail for everybody, and sends none of them on. */
export async function receiveSmtp(
  { host, port }: { host: string; port: number },
  onMail: (mail: Mail) => void,
  say: (reason: string) => void,
): Promise<MailSource & { port: number }> {
  let unread = 0;
  const refuse = (why: string, error: Error, callback: (error: Error) => void) => {
    unread++;
    say(`A mail to ${host}:${port} was refused: ${why}.`);
    callback(error);
  };
  const server = new SMTPServer({
    authOptional: true,
    // Whoever logs in may: the target's own settings then need no change but the address.
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? "anybody" }),
    disabledCommands: ["STARTTLS"],
    // A sender's idle connections; what was sent on them has come.
    closeTimeout: CLOSE_MS,
    onData(stream, { envelope }, callback) {
      const recipients = envelope.rcptTo.map(({ address }) => address);
      const size = { bytes: 0 };
      parseMail(Readable.from(beginningOf(stream, size), { objectMode: false }), recipients, 0).then(
        (mails) => {
          if (size.bytes > MAIL_BYTES_MAX) {
            const why = `it has more than ${MAIL_BYTES_MAX / 2 ** 20} MiB`;
            refuse(why, Object.assign(new Error(why), { responseCode: TOO_LARGE }), callback);
            return;
          }
          for (const mail of mails) onMail({ ...mail, bytes: size.bytes });
          callback(null);
        },
        (error: Error) => refuse(reasonOf(error), error, callback),
      );
    },
  });
  // A client that hangs up in the middle is no trouble of ours.
  server.on("error", () => {});
  const listening = server.listen(port, host);
  try {
    await once(listening, "listening");
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new UsageError(
      `The mail sink cannot listen on ${host}:${port} (${why}). Free the port, or name another in sinks.mail.`,
      { cause },
    );
  }
  const address = listening.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : port,
    hasUnread: () => unread > 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Reads a mail to its end, keeps no more of it than may be, and counts all of it. */
async function* beginningOf(stream: AsyncIterable<Buffer>, size: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    size.bytes += chunk.length;
    if (size.bytes <= MAIL_BYTES_MAX) yield chunk;
  }
}
