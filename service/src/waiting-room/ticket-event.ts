/** What became of tickets; the label of a metric. */
export const TICKET_EVENTS = [
  "issued",
  "let-in",
  "early",
  /** Told a later time, the place kept. */
  "retold",
  /** After its grace. */
  "late",
  /** Not ours, altered, or of another key. */
  "invalid",
  /** Shown too often; its bearer is a newcomer. */
  "worn-out",
  /** None was given: the line is as long as may be told. */
  "full",
] as const;
export type TicketEvent = (typeof TICKET_EVENTS)[number];
