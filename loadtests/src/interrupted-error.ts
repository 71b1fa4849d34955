/** Somebody pressed Ctrl-C before there was anything to judge. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
