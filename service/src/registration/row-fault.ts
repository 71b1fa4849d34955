/** SQLSTATE classes that blame the data of a row: data exception, integrity constraint violation. */
const ROW_FAULT = /^(22|23)/;
const DEADLOCK = "40P01";

export function isRowFault(error: unknown): boolean {
  return ROW_FAULT.test(sqlStateOf(error));
}

export function isDeadlock(error: unknown): boolean {
  return sqlStateOf(error) === DEADLOCK;
}

function sqlStateOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
