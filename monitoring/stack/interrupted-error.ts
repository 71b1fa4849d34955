/** Somebody asked to stop before everything was up. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
