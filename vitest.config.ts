import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Two cores are shared with the PostgreSQL and the child processes that the tests start.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        // One PostgreSQL for all of these; a run of the harness's tests alone does not pay for it.
        test: {
          name: "service",
          include: ["service/**/*.test.ts"],
          globalSetup: ["service/test/postgres.ts"],
        },
      },
      {
        extends: true,
        test: { name: "harness", include: ["loadtests/**/*.test.ts"] },
      },
      {
        extends: true,
        test: { name: "monitoring", include: ["{monitoring,dashboards}/**/*.test.ts"] },
      },
    ],
  },
});
