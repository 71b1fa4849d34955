/** Every way to say no: code → HTTP status. Clients and the harness go by the code. */
export const STATUS_OF_CODE = {
  "invalid-input": 422,
  "key-reused": 422,
  "key-missing": 422,
  "email-taken": 409,
  "no-session": 401,
  "wrong-code": 401,
  "not-found": 404,
  "too-large": 413,
  "unsupported-media-type": 415,
  /** The ticket's number stands in another member's row. */
  "ticket-used": 409,
  /** Told a time to come back: nothing was registered. */
  waiting: 503,
  /** Refused at the door, before any work: nothing was registered. */
  busy: 503,
  /** The campaign is closed to newcomers; members read and leave as ever. */
  halted: 503,
  /** The database is in trouble and what was asked was not done. */
  unavailable: 503,
  /** The commit was sent and its answer lost: retry with the same idempotency key. */
  indeterminate: 503,
  bug: 500,
} as const;

export type ErrorCode = keyof typeof STATUS_OF_CODE;

/** An outcome that is the client's doing or our choice; the body of its answer is `{ code, detail }`. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  get status(): number {
    return STATUS_OF_CODE[this.code];
  }
}
