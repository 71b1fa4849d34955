/**
 * The person at the keyboard can mend it: wrong usage, a wrong file, a machine too small. Exit code 2.
 * The message says what happened, to what, and what to type next.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
