import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole test run, started when the run has a test that could ask for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Durability across a power cut is not what these tests are about; everything else is as in life.
  const postgres = await startEmbeddedPostgres({ settings: ["fsync=off", "max_connections=200"] });
  project.provide("postgresUrl", postgres.url);
  return () => postgres.stop();
}
