import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";

export const port = Number(process.env.PORT ?? 3000);

export const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: "an example, so this is not a secret",
  database: new DatabaseSync(":memory:"),
  emailAndPassword: { enabled: true },
});

// What `npx auth migrate` does for a database that outlives the process.
await (await getMigrations(auth.options)).runMigrations();
