/** SQLSTATE classes that blame the content of a row: data exception, integrity constraint violation. */
const BAD_ROW = /^(22|23)/;
const DEADLOCK = "40P01";

export function isBadRow(error: unknown): boolean {
  return BAD_ROW.test(errorCodeOf(error));
}

export function isDeadlock(error: unknown): boolean {
  return errorCodeOf(error) === DEADLOCK;
}

/** PostgreSQL's SQLSTATE, or the code of Node's own errors (`ECONNREFUSED`); empty where there is none. */
export function errorCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
