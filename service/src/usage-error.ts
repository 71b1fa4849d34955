/** The person at the keyboard can mend it: a bad setting, a port in use. The process ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
