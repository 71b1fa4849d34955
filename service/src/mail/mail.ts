import type { MemberNumber } from "../member/member-number.ts";

export type MailKind = "confirmation" | "sign-in-code";

/** What a mail says and to whom, from one row of one member. */
export interface Letter {
  /** The outbox row's; the same at every try, and the mail's Message-ID. */
  readonly id: string;
  readonly kind: MailKind;
  readonly email: string;
  readonly name: string;
  readonly kanjiName: string;
  readonly number: MemberNumber;
}

/** A mail as it goes out: RFC 5322 in bytes, and the one address it goes to. */
export interface Mail {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly raw: Buffer;
}

/**
 * Mails made and sent at once, each over a connection of its own: none waits for another's while its time runs. A relay
 * that takes more at once from one sender is rare.
 */
export const SENDING_MAX = 4;
/** One mail as a whole, from asking for a connection to the relay's last word; a relay answers in some 10 ms. */
export const SEND_SECONDS_MAX = 10;

/** Makes the mail of a letter. Several are made at once. */
export type RenderMail = (letter: Letter) => Promise<Mail>;

/** Hands mails on. A mail that was sent is out of our hands; what rejects may have been sent or not. */
export interface MailTransport {
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

/** The other side has said no for good to this recipient or this mail (SMTP 5xx): trying again would change nothing. */
export class MailRefusedError extends Error {
  override readonly name = "MailRefusedError";
}
