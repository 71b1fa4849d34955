import { UsageError } from "../../usage-error.ts";
import type { K6Ending } from "./k6-process.ts";

/** https://github.com/grafana/k6/blob/v2.2.0/errext/exitcodes/codes.go; 0 and 105 (interrupted) are no trouble. */
const TROUBLES: { exitCode: number; sentence: string }[] = [
  { exitCode: 97, sentence: "k6 lost the cloud it should never have used" },
  { exitCode: 98, sentence: "k6 was asked to run in a cloud" },
  { exitCode: 99, sentence: "k6 judged by thresholds, which this run has none of" },
  { exitCode: 100, sentence: "k6's setup took too long" },
  { exitCode: 101, sentence: "k6's teardown took too long" },
  { exitCode: 102, sentence: "k6 gave up with a time-out of its own" },
  { exitCode: 103, sentence: "k6 was stopped through its HTTP API, which is off" },
  { exitCode: 104, sentence: "k6 did not take its configuration" },
  { exitCode: 106, sentence: "k6 could not open its HTTP API, which is off" },
  { exitCode: 107, sentence: "the k6 script threw" },
  { exitCode: 109, sentence: "k6 itself crashed" },
  { exitCode: 110, sentence: "the k6 script called test.fail()" },
];

/** Throws what k6's way of ending says, where it is not the end of a run. Killed: UsageError; the rest are bugs of ours. */
export function requireRun({ exitCode, signal, said }: K6Ending, log: string): void {
  if (exitCode === 0 || exitCode === 105) return;
  const words = [log, said].filter((text) => text !== "").join("\n");
  if (signal !== null) {
    throw new UsageError(
      `k6 was killed (${signal}) in the middle of the run, most likely for want of memory: it reads an answer to its end, however long. Take a smaller --scale, or --engine embedded.${indented(words)}`,
    );
  }
  // Only what the machine lacks makes our script give up by itself.
  if (exitCode === 108) throw new UsageError(words.replace(/^test aborted: /gm, ""));
  const trouble = TROUBLES.find((row) => row.exitCode === exitCode);
  throw new Error(
    `${trouble?.sentence ?? "k6 ended in a way we do not know"} (exit code ${exitCode}).${indented(words)}`,
  );
}

function indented(words: string): string {
  return words === "" ? "" : `\nIt said:\n${words.replace(/^/gm, "  ")}`;
}
