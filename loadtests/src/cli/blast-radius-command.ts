import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpath, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { replaceFile } from "../report/replace-file.ts";
import { UsageError } from "../usage-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";

interface BlastRadiusFlags {
  from: string;
  to?: string;
  lang: string;
  format: string;
  list?: boolean;
  out?: string;
  database?: string;
}

const EXAMPLE =
  "crowdproof blast-radius --from 2026-12-04T19:00+09:00 --to 2026-12-05T18:33+09:00 --lang ja --database postgresql://…";

export function addBlastRadiusCommand(program: Command): void {
  program
    .command("blast-radius")
    .description(
      "Say from the service's ledgers whose data could be seen, by how many others, which fields, since and until when.",
    )
    .requiredOption("--from <TIME>", "with its time zone")
    .option("--to <TIME>", "with its time zone; now by default")
    .addOption(new Option("--lang <LANGUAGE>", "of the Markdown").choices(["en", "ja"]).default("en"))
    .addOption(new Option("--format <FORMAT>").choices(["markdown", "json"]).default("markdown"))
    .option("--list", "also who saw whose what, by member numbers")
    .option("--out <FILE>", "write it to a file, readable by you alone; otherwise it is printed")
    .option("--database <URL>", "the service's database; DATABASE_URL by default")
    .addHelpText(
      "after",
      `
The service's SECRET_KEY (or SECRET_KEY_FILE) must be set as it is for the service: hashes of values are read with it.

Exit codes:
    0  none recorded, and the ledger is complete
    1  people's data could be seen
    2  wrong usage, or a database that cannot be read
    3  none recorded, but the ledger has gaps or is not there

Example:
  ${EXAMPLE}
`,
    )
    .action(blastRadius);
}

async function blastRadius(flags: BlastRadiusFlags): Promise<void> {
  const { code, output } = await askService(flags);
  process.exitCode = code;
  if (code === EXIT_CODES.usage.code || code === EXIT_CODES.bug.code) return;
  if (flags.out === undefined) process.stdout.write(output);
  else {
    await writeForOwner(resolve(flags.out), output).catch((error: Error) => {
      throw new UsageError(`--out ${flags.out} cannot be written: ${error.message}`, { cause: error });
    });
  }
}

/** Also where the file was there before, readable by others. */
async function writeForOwner(file: string, text: string): Promise<void> {
  const before = await stat(file).catch(() => null);
  // A device or a pipe (/dev/stdout) is written to, and never replaced by a file.
  if (before !== null && !before.isFile()) return await writeFile(file, text);
  await replaceFile(before === null ? file : await realpath(file), text);
}

/** The service's own code, as a process of its own: the harness knows nothing of its database. Its words go to ours. */
async function askService(flags: BlastRadiusFlags): Promise<{ code: number; output: string }> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = new URL(
    `../../../service/src/blast-radius/blast-radius-main.${extension}`,
    import.meta.url,
  );
  const to = flags.to ?? new Date().toISOString();
  const args = ["--from", flags.from, "--to", to, "--lang", flags.lang, "--format", flags.format];
  if (flags.list === true) args.push("--list");
  const env = { ...process.env };
  // Not on its command line, where everybody on the machine could read the password.
  if (flags.database !== undefined) env["DATABASE_URL"] = flags.database;
  const child = spawn(process.execPath, [fileURLToPath(program), ...args], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const parts: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (part: string) => parts.push(part));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? EXIT_CODES.bug.code, output: parts.join("") };
}
