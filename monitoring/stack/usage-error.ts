/** The person at the keyboard can mend it: a port that is taken, a program that is missing. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
