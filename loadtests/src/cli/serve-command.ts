import { once } from "node:events";
import { relative } from "node:path";
import type { Command } from "commander";
import { REFERENCE_TARGET } from "../reference/reference-target.ts";
import { startReferenceService } from "../reference/start-service.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { portNumber } from "./parse-number.ts";

/** 3000 is where the shipped k6 scripts look. */
const DEFAULT_PORT = 3_000;

export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("Start the reference signup service alone and say where it is; Ctrl-C stops it.")
    .option("--port <N>", "port on 127.0.0.1; 0 takes any that is free", portNumber("--port"), DEFAULT_PORT)
    .option("--fault <NAME>", "switch on one of the deliberate bugs")
    .addHelpText("after", "\nExample:\n  crowdproof serve --port 3000 --fault max-plus-one\n")
    .action(serve);
}

async function serve(options: { port: number; fault?: string }): Promise<void> {
  // Empty is none, as it is to the service.
  const databaseUrl = process.env["DATABASE_URL"] || undefined;
  const service = await startReferenceService({ port: options.port, fault: options.fault, databaseUrl });
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]).then(() => null);
  // Somebody's own has a password that is nobody else's business; the embedded one's is new with each start.
  const shown = { ...service.environment };
  if (databaseUrl !== undefined) shown["CROWDPROOF_DATABASE_URL"] = "$DATABASE_URL";
  process.stdout.write(describe(service.url, shown, options.fault));
  const ending = await Promise.race([stopped, service.ended]);
  await service.stop();
  if (ending !== null) {
    process.stderr.write(`${ending}\n`);
    process.exitCode = EXIT_CODES.unknown.code;
  }
}

function describe(url: string, environment: Record<string, string>, fault: string | undefined): string {
  const exports = Object.entries(environment).map(
    ([name, value]) => `  export ${name}=${value.startsWith("$") ? `"${value}"` : `'${value}'`}`,
  );
  return [
    `The reference signup is at ${url}${fault === undefined ? "" : `, with the fault ${fault} switched on`}`,
    `  sign up    POST ${url}/signups`,
    `  profile    GET  ${url}/me`,
    `  metrics    GET  ${environment["CROWDPROOF_ADMIN_URL"]}/metrics`,
    "To send a crowd to it from another terminal:",
    ...exports,
    `  npx crowdproof gate --target ${relative(process.cwd(), REFERENCE_TARGET)}`,
    "Ctrl-C stops it.",
    "",
  ].join("\n");
}
