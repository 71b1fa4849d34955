import { randomBytes } from "node:crypto";
import pg from "pg";
import { startServiceScript } from "./bench-process.ts";

/** The one PostgreSQL of a bench, with as many empty databases as wanted. */
export interface BenchDatabase {
  version: string;
  /** A database of its own for what `work` does, gone afterwards: no variant pays for the rows of another. */
  withFresh<Result>(work: (databaseUrl: string) => Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
}

/** Embedded, as the reference service has it by default, or the one of DATABASE_URL. */
export async function startBenchDatabase(given = process.env["DATABASE_URL"]): Promise<BenchDatabase> {
  const embedded =
    given === undefined || given === ""
      ? await startServiceScript<{ url: string }>("serve-postgres.ts", [])
      : null;
  const url = embedded?.ready.url ?? given ?? "";
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // An idle connection that dies is replaced at the next query; without a listener it would end the bench.
  pool.on("error", () => {});
  const { rows } = await pool.query<{ server_version: string }>("show server_version");
  return {
    version: rows[0]?.server_version ?? "unknown",
    async withFresh(work) {
      const name = `bench_${randomBytes(6).toString("hex")}`;
      await pool.query(`create database ${name}`);
      const fresh = new URL(url);
      fresh.pathname = `/${name}`;
      try {
        return await work(fresh.href);
      } finally {
        await pool.query(`drop database ${name} with (force)`);
      }
    },
    async stop() {
      await pool.end();
      await embedded?.stop();
    },
  };
}
