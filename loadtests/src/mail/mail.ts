/** A mail as it arrived, taken apart. */
export interface Mail {
  /** The one address it was delivered to, lower case: of the envelope where there is one, else its To header. */
  to: string;
  bytes: number;
  receivedMs: number;
  /** Subject, and what a reader sees: the text part and the HTML part, one after the other. */
  subject: string;
  text: string;
  /** Every header but the subject, and attachments that are text: where a canary must not be either. */
  headers: { name: string; text: string }[];
  attachments: { name: string; text: string }[];
}
