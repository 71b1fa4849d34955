/** Every way the admin server says no: code → HTTP status. */
export const STATUS_OF_ADMIN_CODE = {
  "no-credential": 401,
  "too-many-wrong-credentials": 429,
  "not-yours": 403,
  "same-person": 403,
  "not-found": 404,
  "not-halted": 409,
  superseded: 409,
  "no-such-step": 409,
  expired: 410,
  "too-large": 413,
  "unsupported-media-type": 415,
  "invalid-input": 422,
  /** Done here; the database does not know yet. */
  unwritten: 503,
  unavailable: 503,
  bug: 500,
} as const;
export type AdminCode = keyof typeof STATUS_OF_ADMIN_CODE;

export class AdminError extends Error {
  override readonly name = "AdminError";
  readonly code: AdminCode;

  constructor(code: AdminCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}
