import { once } from "node:events";
import { SMTPServer } from "smtp-server";
import { UsageError } from "../usage-error.ts";
import type { Mail } from "./mail.ts";
import { parseMail } from "./parse-mail.ts";

/** Where mails come from, until it is closed. */
export interface MailSource {
  close(): Promise<void>;
}

/** Larger mails are refused: none of a signup's is. */
const MAIL_BYTES_MAX = 10 * 2 ** 20;
const CLOSE_MS = 300;

/** An SMTP server on this machine that takes every mail for everybody, and sends none of them on. */
export async function receiveSmtp(
  { host, port }: { host: string; port: number },
  onMail: (mail: Mail) => void,
): Promise<MailSource & { port: number }> {
  const server = new SMTPServer({
    authOptional: true,
    // Whoever logs in may: the target's own settings then need no change but the address.
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? "anybody" }),
    disabledCommands: ["STARTTLS"],
    size: MAIL_BYTES_MAX,
    // A sender's idle connections; what was sent on them has come.
    closeTimeout: CLOSE_MS,
    onData(stream, { envelope }, callback) {
      const recipients = envelope.rcptTo.map(({ address }) => address);
      let bytes = 0;
      stream.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      parseMail(stream, recipients, 0).then((mails) => {
        for (const mail of mails) onMail({ ...mail, bytes });
        callback(null);
      }, callback);
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
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
