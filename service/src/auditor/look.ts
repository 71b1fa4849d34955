import type { AlarmKind } from "../alert-push/anomaly-alert.ts";
import type { Query } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import { auditMembers } from "./audit-members.ts";
import type { Finding } from "./finding.ts";
import { auditLedger, FIRST_LEDGER_MEMORY, type LedgerMemory } from "./ledger-round.ts";
import type { MemberRow, Recompute } from "./recompute.ts";

const READ_NEW_MEMBERS = readStatement(import.meta.url, "read-new-members.sql");
const READ_SOME_MEMBERS = readStatement(import.meta.url, "read-some-members.sql");
const READ_REST = readStatement(import.meta.url, "read-rest.sql");

/** What one look saw. */
export interface Sight {
  readonly findings: readonly Finding[];
  /** Of the ledger of anomalies, those nobody has handled: they carry their own time. */
  readonly anomalies: readonly {
    readonly id: string;
    readonly kind: AlarmKind;
    readonly ageSeconds: number;
    /** By the database's clock, since 1970. */
    readonly atSeconds: number;
  }[];
  readonly isBehind: boolean;
}

/** Where the next look begins. A look that fails leaves its memory behind, and the next one begins where it did. */
export interface Memory {
  readonly tail: Tail | undefined;
  readonly roundFromId: string;
  readonly suspectIds: readonly string[];
  readonly ledger: LedgerMemory;
}

interface Tail {
  readonly createdAt: string;
  readonly id: string;
  /** Transactions from this one on were not ended at the last look that read the tail to its end; null: none was. */
  readonly unseenFrom: string | null;
  /** The same of the look that began to read this tail, while it takes several. */
  readonly nextUnseenFrom: string | undefined;
}

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
export const FIRST_MEMORY: Memory = {
  tail: undefined,
  roundFromId: FIRST_ID,
  suspectIds: [],
  ledger: FIRST_LEDGER_MEMORY,
};

/** New rows in one look: more than a service on two cores registers in two seconds. The rest waits for the next look. */
const NEW_ROWS_MAX = 20_000;
/** Old rows in one look: a million members are gone round in 17 minutes; 2,500 took a fifth of a core (docs/halt.md). */
const ROUND_ROWS = 1_000;
/** Rows kept for another look. More would be a catastrophe that needs no exact count. */
const SUSPECTS_MAX = 1_000;
/** At the start the newest rows first: what a process did just before it died is found at once. */
const FIRST_TAIL_SECONDS = 300;
/** Longer than a registration's transaction may last (its statement's limit and an idle one's, db/pool.ts). */
const TAIL_SECONDS = 15;

/** One look: everything in one snapshot of a connection that only reads. */
export async function lookAtDatabase(
  query: Query,
  recompute: Recompute,
  memory: Memory,
): Promise<{ sight: Sight; memory: Memory }> {
  await query({ text: "begin isolation level repeatable read read only" });
  const [rest] = await query<Rest>(READ_REST, [memory.ledger.suspects, FIRST_TAIL_SECONDS, TAIL_SECONDS]);
  if (rest === undefined) throw new Error("the database gave no row");
  const { rows, isBehind, tail, roundFromId } = await readMembers(query, memory, rest);
  const members = await auditMembers(query, rows, recompute, rest.serialMax);
  const ledger = await auditLedger(query, rest, memory.ledger);
  await query({ text: "commit" });
  return {
    sight: { findings: [...members.findings, ...ledger.findings], anomalies: rest.anomalies, isBehind },
    memory: {
      tail,
      roundFromId,
      suspectIds: [...members.suspectIds].slice(0, SUSPECTS_MAX),
      ledger: ledger.memory,
    },
  };
}

interface Rest {
  readonly anomalies: Sight["anomalies"];
  readonly stillGhosts: readonly string[];
  readonly serialMax: number;
  readonly oldestRunning: string;
  readonly firstTailFrom: string;
  readonly tailFrom: string;
  readonly nowSeconds: number;
  readonly ledgerFromSeconds: number | null;
}

type NewRow = MemberRow & { readonly createdAt: string };

async function readMembers(query: Query, memory: Memory, rest: Rest) {
  const from = memory.tail ?? tailAt(rest.firstTailFrom, null);
  const fresh = await query<NewRow>(READ_NEW_MEMBERS, [
    from.createdAt,
    from.id,
    NEW_ROWS_MAX,
    from.unseenFrom,
  ]);
  const some = await query<MemberRow>(READ_SOME_MEMBERS, [memory.roundFromId, ROUND_ROWS, memory.suspectIds]);
  // Suspects come along out of turn, so there may be more; the round's own are the first behind where it stood.
  const behind = some.map(({ id }) => id).filter((id) => id > memory.roundFromId);
  const last = fresh.length === NEW_ROWS_MAX ? fresh.at(-1) : undefined;
  const nextUnseenFrom = from.nextUnseenFrom ?? rest.oldestRunning;
  return {
    rows: [...new Map([...fresh, ...some].map((row) => [row.id, row])).values()],
    isBehind: last !== undefined,
    tail:
      last === undefined
        ? tailAt(rest.tailFrom, nextUnseenFrom)
        : { createdAt: last.createdAt, id: last.id, unseenFrom: from.unseenFrom, nextUnseenFrom },
    roundFromId: behind.sort()[ROUND_ROWS - 1] ?? FIRST_ID,
  };
}

function tailAt(createdAt: string, unseenFrom: string | null): Tail {
  return { createdAt, id: FIRST_ID, unseenFrom, nextUnseenFrom: undefined };
}
