import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What promtool says of each test file: null where every story went as told, else why not. */
export type Verdicts = ReadonlyMap<string, string | null>;

/** `promtool test rules` over many files in one process, for starting it costs as much as a story. */
export async function runPromtool(promtool: string, files: readonly string[]): Promise<Verdicts> {
  const first = files[0];
  if (first === undefined) return new Map();
  const outputFile = join(dirname(first), "promtool.out");
  // What went well goes to one stream and what did not to the other: one file keeps their order.
  const output = openSync(outputFile, "w");
  try {
    await ended(promtool, ["test", "rules", ...files], output, dirname(first));
  } finally {
    closeSync(output);
  }
  return readVerdicts(readFileSync(outputFile, "utf8"), files);
}

function ended(promtool: string, args: readonly string[], output: number, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(promtool, args, {
      stdio: ["ignore", output, output],
      // Its databases of a second go where the stories are, and are gone with them.
      // Each story makes a database and throws it away: collecting garbage less often is a fifth of the time.
      env: { ...process.env, TMPDIR: folder, GOGC: process.env["GOGC"] ?? "400" },
    });
    child.on("error", reject);
    // 1: a story went otherwise. Anything else is no answer.
    child.on("close", (code, signal) =>
      code === 0 || code === 1 ? resolve() : reject(new Error(`promtool ended with ${signal ?? code}`)),
    );
  });
}

/** Prometheus 2 says of which file it speaks. */
const HEADING = /^Unit Testing: {2}(.*)$/gm;
/** Prometheus 3 does not: one of these for each file, in their order. */
const BLOCK = /^(?= {2}(?:SUCCESS|FAILED:)$)/m;

/** How the words begin that stand for none. */
export const SAID_NOTHING = "promtool said nothing of it";

/** A file of which promtool says nothing has not been tested: that is no success. */
function readVerdicts(output: string, files: readonly string[]): Verdicts {
  const said = wordsOf(output, files);
  return new Map(
    files.map((file) => {
      const words = said.get(file) ?? `${SAID_NOTHING}:\n${output}`;
      return [file, words === "SUCCESS" ? null : words];
    }),
  );
}

function wordsOf(output: string, files: readonly string[]): ReadonlyMap<string, string> {
  const [, ...headed] = output.split(HEADING);
  const said = new Map<string, string>();
  for (let index = 0; index < headed.length; index += 2)
    said.set(headed[index] ?? "", (headed[index + 1] ?? "").trim());
  if (said.size > 0) return said;
  const blocks = output.split(BLOCK).map((block) => block.trim());
  const verdicts = blocks.filter((block) => /^(SUCCESS|FAILED:)/.test(block));
  // One more or less, and nobody knows whose is whose.
  if (verdicts.length !== files.length) return said;
  return new Map(files.map((file, index) => [file, verdicts[index] ?? ""]));
}
