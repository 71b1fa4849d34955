/**
 * `node monitoring/stack/secrets-main.ts [FOLDER]`: makes what docker-compose.yml reads, once, into secrets/ (mode 0700). What is there
 * is never written over.
 */
import { randomBytes } from "node:crypto";
import { chmod, chown, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRunFolder } from "./run-folder.ts";

/** The user `node` of the service's image. It refuses a credential that others may read, so it must own them. */
const CONTAINER_USER = 1_000;
/** PostgreSQL, Alertmanager and Grafana run as users of their own; on this machine the folder's mode keeps others out. */
const READ_BY_OTHERS = ["postgres.password", "alertmanager.token", "grafana.password"];

async function writeSecrets(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if ((await readdir(folder)).length > 0)
    throw new Error(`${folder} is not empty: what is in it is kept. Move it away to make new ones.`);
  await createRunFolder(folder);
  const password = randomBytes(24).toString("base64url");
  const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
  await write("postgres.password", password);
  await write("database.url", `postgresql://crowdproof:${password}@postgres:5432/crowdproof`);
  await write("grafana.password", randomBytes(24).toString("base64url"));
  await copyFile(join(folder, "alerts.token"), join(folder, "alertmanager.token"));
  for (const name of READ_BY_OTHERS) await chmod(join(folder, name), 0o644);
  const names = await readdir(folder);
  if (process.getuid?.() === 0)
    for (const name of names) await chown(join(folder, name), CONTAINER_USER, CONTAINER_USER);
  return names;
}

const folder = process.argv[2] ?? join(import.meta.dirname, "..", "..", "secrets");
try {
  const names = await writeSecrets(folder);
  process.stdout.write(`${folder}: ${names.join(" ")}\n`);
  const user = process.getuid?.();
  if (user !== 0 && user !== CONTAINER_USER)
    process.stdout.write(
      `The service runs as user ${CONTAINER_USER} and must own them: sudo chown -R ${CONTAINER_USER}:${CONTAINER_USER} ${folder}\n`,
    );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
