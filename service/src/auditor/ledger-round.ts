import type { Query } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { Finding } from "./finding.ts";

const READ_LEDGER = readStatement(import.meta.url, "read-ledger.sql");

/** Where the next look at the access ledger begins: its newest stretch is looked at each time, all of it round and round. */
export interface LedgerMemory {
  /** Numbers that had no member at the last look. */
  readonly suspects: readonly string[];
  /** What the ledger showed stays true, and the ledger does not change. */
  readonly sharedViewers: readonly string[];
  readonly fromSeconds: number;
  readonly stretchSeconds: number;
}

/** Longer than a row takes from its answer to the ledger (batches of 0.2 s, tries of a second), and clocks a little apart. */
const TAIL_SECONDS = 15;
const AHEAD_SECONDS = 5;
/** Rows of the round in one look, about: the stretch of time is made longer or shorter until it holds so many. */
const STRETCH_ROWS = { min: 2_000, max: 10_000 } as const;
const STRETCH_SECONDS = { min: 1, first: 60, max: 86_400 } as const;
const SUSPECTS_MAX = 1_000;

export const FIRST_LEDGER_MEMORY: LedgerMemory = {
  suspects: [],
  sharedViewers: [],
  fromSeconds: 0,
  stretchSeconds: STRETCH_SECONDS.first,
};

export interface LedgerNow {
  /** Of the suspects. */
  readonly stillGhosts: readonly string[];
  readonly nowSeconds: number;
  readonly ledgerFromSeconds: number | null;
}

export async function auditLedger(
  query: Query,
  { stillGhosts, nowSeconds, ledgerFromSeconds }: LedgerNow,
  memory: LedgerMemory,
): Promise<{ findings: Finding[]; memory: LedgerMemory }> {
  const newest = await readStretch(query, nowSeconds - TAIL_SECONDS, nowSeconds + AHEAD_SECONDS);
  const from = Math.max(memory.fromSeconds, ledgerFromSeconds ?? nowSeconds);
  const until = from + memory.stretchSeconds;
  const older = await readStretch(query, from, until);
  const sharedViewers = union(memory.sharedViewers, newest.sharedViewers, older.sharedViewers);
  const findings: Finding[] = [
    // A ghost only at the second look: nobody knows what was under way between an answer and its row.
    ...stillGhosts.map((subject) => ({ kind: "ghost", subject }) as const),
    ...sharedViewers.map((subject) => ({ kind: "shared-session", subject }) as const),
  ];
  return {
    findings,
    memory: {
      suspects: union(stillGhosts, newest.ghosts, older.ghosts),
      sharedViewers,
      // The end of the ledger: the round begins anew.
      fromSeconds: until > nowSeconds ? 0 : until,
      stretchSeconds: nextStretchSeconds(memory.stretchSeconds, older.rows),
    },
  };
}

interface Stretch {
  readonly rows: number;
  readonly ghosts: readonly string[];
  readonly sharedViewers: readonly string[];
}

async function readStretch(query: Query, fromSeconds: number, untilSeconds: number): Promise<Stretch> {
  const [stretch] = await query<Stretch>(READ_LEDGER, [fromSeconds, untilSeconds]);
  return stretch ?? { rows: 0, ghosts: [], sharedViewers: [] };
}

function nextStretchSeconds(seconds: number, rows: number): number {
  if (rows < STRETCH_ROWS.min) return Math.min(STRETCH_SECONDS.max, seconds * 2);
  return rows > STRETCH_ROWS.max ? Math.max(STRETCH_SECONDS.min, seconds / 2) : seconds;
}

function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].slice(0, SUSPECTS_MAX);
}
