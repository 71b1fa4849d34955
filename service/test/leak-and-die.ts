/**
 * A service of its own, whose guard sees one anomaly; 50 ms after the answer was made the process is killed, whatever it
 * has done by then. Arguments: database, Alertmanager, folder of the spool.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { readConfig } from "../src/config.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { createService } from "../src/service.ts";

const LIVES_MS = 50;
// Nobody else would end it where it comes to no anomaly.
setTimeout(() => process.exit(1), 30_000).unref();
const [databaseUrl = "", ALERTMANAGER_URLS = "", SPOOL_DIR = ""] = process.argv.slice(2);
let stranger: unknown;

const service = await createService({
  config: readConfig({ PORT: "0", ALERTMANAGER_URLS, SPOOL_DIR }),
  databaseUrl,
  log: pino({ level: "silent" }),
  seams: {
    ...DEFAULT_SEAMS,
    createProfileReader: () => ({
      read: async () => {
        setTimeout(() => process.kill(process.pid, "SIGKILL"), LIVES_MS);
        return stranger as never;
      },
    }),
  },
});

async function signUp(at: number): Promise<Response> {
  return fetch(`${service.url}/signups`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": `die-${process.pid}-${at}` },
    body: JSON.stringify({
      email: `die-${process.pid}-${at}@example.test`,
      name: "NAME",
      kana: "カナ",
      kanjiName: "名前",
      sex: "female",
      birthDate: "1980-02-29",
      postalCode: "100-0001",
      address: "address",
      phone: "090-1234-5678",
      survey: ["a", "b", "c", "d", "e"],
      message: "",
    }),
  });
}

stranger = await (await signUp(1)).json();
const reader = await signUp(2);
const cookie = reader.headers.getSetCookie()[0]?.split(";")[0] ?? "";
// As in life: the process has been there for a while, and its ledgers have written before.
await sleep(500);
await fetch(`${service.url}/me`, { headers: { cookie } });
