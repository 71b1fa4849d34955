import { access, appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../src/usage-error.ts";
import type { RoundResult } from "./result.ts";

/** What was judged so far, on disk after each round: a run that was stopped goes on where it was. */
export interface RoundBook {
  readonly dir: string;
  readonly results: readonly RoundResult[];
  add(result: RoundResult): Promise<void>;
}

export interface BookTitle {
  seed: number;
  fault: string | undefined;
}

const BOOK_FILE = "rounds.ndjson";

/** The folder; UsageError where no run has begun there. */
export async function requireRounds(dir: string): Promise<string> {
  return await access(join(dir, BOOK_FILE)).then(
    () => dir,
    (cause: unknown) => {
      throw new UsageError(
        `${dir} holds no ${BOOK_FILE}, so there is nothing to go on with. Correct the path, or leave --resume out to begin anew.`,
        { cause },
      );
    },
  );
}

/** UsageError where the folder holds rounds of another seed or fault. */
export async function openRoundBook(dir: string, { seed, fault }: BookTitle): Promise<RoundBook> {
  const title = `${JSON.stringify({ seed, fault: fault ?? null })}\n`;
  const file = join(dir, BOOK_FILE);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const text = await readFile(file, "utf8").catch(() => "");
  if (text === "") await writeFile(file, title, { mode: 0o600 });
  else if (!text.startsWith(title))
    throw new UsageError(
      `${dir} holds rounds of ${text.split("\n")[0]}, not of ${title.trim()}. Use its own seed.`,
    );
  const lines = text.split("\n").slice(1);
  // The last line of a run that was killed may be half of one.
  const results = lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as RoundResult);
  return {
    dir,
    results,
    async add(result) {
      results.push(result);
      await appendFile(file, `${JSON.stringify(result)}\n`);
    },
  };
}
