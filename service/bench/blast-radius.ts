/**
 * `node service/bench/blast-radius.ts`: how long the blast radius takes of 1 M answers and 200,000 members, healthy and
 * with 50,000 answers to others (one in fifty of them a mixture). On a PostgreSQL of its own.
 */
import { readBlastRadius } from "../src/blast-radius/read-blast-radius.ts";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";
import { migrate } from "../src/db/migrate.ts";
import { createPool } from "../src/db/pool.ts";
import { createIdentity } from "../src/guard/identity.ts";
import { deriveKeys } from "../src/keys.ts";

const ROWS = 1_000_000;
const MEMBERS = 200_000;
const LEAKED = 50_000;

const FILL_MEMBERS = `
  insert into members (id, number, email, email_key, name, kana, kanji_name, sex, birth_date, postal_code, address, phone,
                       survey, message, key_hash, fingerprint, identity_mac)
  select uuidv7(), serial || lpad((98 - (serial || '00')::numeric % 97)::text, 2, '0'), e, e, 'NAME ' || n, 'カナ', '名',
         'female', '1980-02-29', '100-0001', 'address ' || n, '090', '{a,b,c,d,e}', '', null, '\\x00',
         substring(sha256(n::text::bytea) for 16)
  from (select n, lpad(n::text, 18, '0') as serial, n || '@example.test' as e from generate_series(1, ${MEMBERS}) as n) as made`;
const FILL_LEDGER = `
  insert into access_ledger (at, worker, kind, viewer, subject_number, identity_mac, fields)
  select now() - interval '1 day' + n * interval '50 ms', 'w', case n % 5 when 0 then 'new-member' else 'own-profile' end,
         substring(sha256(('t' || m)::bytea) for 16), members.number, members.identity_mac, 4095
  from generate_series(1, ${ROWS}) as n, lateral (select 1 + n % ${MEMBERS} as m) as whose
  join (select row_number() over (order by id) as at, number, identity_mac from members) as members on members.at = m`;
const FILL_SPANS = `
  insert into access_spans (span, batch, worker, from_at, until_at, rows, lost, is_last)
  select '00000000-0000-0000-0000-000000000001', n, 'w', began + n * interval '5 s', began + (n + 1) * interval '5 s', 50, 0,
         n = 17279
  from generate_series(0, 17279) as n, (select now() - interval '1 day' as began) as day`;
/** Each to a reader of another number; what mixes people has an identity that is nobody's. */
const LEAK = `
  insert into access_ledger (at, worker, kind, viewer, subject_number, identity_mac, fields, mismatch_kind, field_macs)
  select at, worker, 'own-profile', substring(sha256(('t' || n % 3000)::bytea) for 16), subject_number,
         case n % 50 when 0 then substring(sha256(('mixed' || n)::bytea) for 16) else identity_mac end, 4095, 'wrong-person',
         '{"email": "0123456789abcdef", "survey": "fedcba9876543210"}'
  from (select *, row_number() over () as n from access_ledger limit ${LEAKED}) as row`;

const postgres = await startEmbeddedPostgres({ settings: ["fsync=off"] });
const database = createPool({
  url: postgres.url,
  connectionsMax: 2,
  statementSecondsMax: 300,
  connectSecondsMax: 10,
  onIdleError() {},
});
const range = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() - 60_000) };
const identity = createIdentity(deriveKeys("a key for measuring alone, of no use"));
try {
  await migrate(database, []);
  for (const text of [FILL_MEMBERS, FILL_LEDGER, FILL_SPANS]) await database.query({ text });
  await database.query({ text: "analyze" });
  await measure("healthy");
  await database.query({ text: LEAK });
  await database.query({ text: "analyze" });
  await measure("50,000 answers to others");
} finally {
  await database.close();
  await postgres.stop();
}

async function measure(name: string): Promise<void> {
  const questions = new Map<string, number>();
  const began = performance.now();
  const findings = await readBlastRadius(
    async (statement, values) => {
      const from = performance.now();
      const rows = await database.query(statement, values);
      questions.set(
        statement.name ?? "",
        (questions.get(statement.name ?? "") ?? 0) + performance.now() - from,
      );
      return rows as never;
    },
    identity,
    range,
  );
  process.stdout.write(
    `${name}: ${Math.round(performance.now() - began)} ms, ${findings.exposures.length} exposures, ${findings.answers} answers\n`,
  );
  for (const [file, ms] of questions) process.stdout.write(`  ${file.padEnd(26)} ${Math.round(ms)} ms\n`);
}
