/**
 * One variant as a process of its own, so that the generator shares no event loop with it.
 * `node service/bench/serve-variant.ts NAME`, with DATABASE_URL; prints `{ "url" }`, ends when its standard input does.
 */
import { startVariant, VARIANTS } from "./variants.ts";

const name = VARIANTS.find((variant) => variant === process.argv[2]);
const databaseUrl = process.env["DATABASE_URL"];
if (name === undefined || databaseUrl === undefined) {
  process.stderr.write(
    `usage: DATABASE_URL=postgresql://… node service/bench/serve-variant.ts ${VARIANTS.join("|")}\n`,
  );
  process.exit(2);
}
const running = await startVariant(name, databaseUrl);
process.stdout.write(`${JSON.stringify({ url: running.url })}\n`);
process.stdin.on("end", () => void running.close().then(() => process.exit(0))).resume();
