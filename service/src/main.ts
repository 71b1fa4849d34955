import { FAULTS } from "./faults/catalogue/catalogue.ts";
import { runParent } from "./fleet/parent.ts";
import { UsageError } from "./usage-error.ts";

const EXIT = { usage: 2, bug: 70 } as const;

async function main(): Promise<void> {
  if (process.argv.includes("--list-faults")) process.stdout.write(`${JSON.stringify(FAULTS, null, 2)}\n`);
  else await runParent(process.env);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    const text = isUsage
      ? error.message
      : `This is a bug.\n${error instanceof Error ? error.stack : String(error)}`;
    process.stderr.write(`${text}\n`);
    process.exit(isUsage ? EXIT.usage : EXIT.bug);
  },
);
