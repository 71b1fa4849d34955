/**
 * The embedded PostgreSQL alone, so that all variants of a bench meet the same one. Prints `{ "url" }`, ends when its
 * standard input does.
 */
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";

const postgres = await startEmbeddedPostgres();
process.stdout.write(`${JSON.stringify({ url: postgres.url })}\n`);
process.stdin.on("end", () => void postgres.stop().then(() => process.exit(0))).resume();
