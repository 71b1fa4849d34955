/**
 * Resolves on SIGTERM, SIGINT, SIGHUP, the end of standard input, or when whoever started us is gone. Should this very process be
 * killed, the ends of its children's inputs stop them (keep.sh).
 */
export function whenAskedToStop(): Promise<void> {
  const starter = process.ppid;
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve());
    // npm and shells between us and a terminal may be killed without a word, and the terminal stays.
    setInterval(() => process.ppid !== starter && resolve(), STARTER_POLL_MS).unref();
    // A terminal's input ends when a person types Ctrl-D, and never for a process in the background.
    if (!process.stdin.isTTY) process.stdin.on("end", resolve).on("close", resolve).resume();
  });
}

const STARTER_POLL_MS = 500;
