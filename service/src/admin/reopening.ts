import type { Database } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import { AdminError } from "./admin-error.ts";
import type { Bearer } from "./credentials.ts";

const REQUEST = readStatement(import.meta.url, "request-reopening.sql");
const APPROVE = readStatement(import.meta.url, "approve-reopening.sql");
const EXPLAIN = readStatement(import.meta.url, "explain-refusal.sql");
const STEP = readStatement(import.meta.url, "step-reopening.sql");
const BREAK_GLASS = readStatement(import.meta.url, "break-glass.sql");

export interface Opened {
  readonly share: number;
}

/** How a halted campaign takes newcomers again: two people, then 1 %, 10 %, all. Each verb is one statement, so one commit. */
export interface Reopening {
  request(bearer: Bearer, reason: string): Promise<{ readonly id: string; readonly expiresAtMs: number }>;
  approve(bearer: Bearer, id: string): Promise<Opened>;
  step(bearer: Bearer, share: 0.1 | 1): Promise<Opened>;
  breakGlass(bearer: Bearer, reason: string): Promise<Opened>;
}

export function createReopening(database: Pick<Database, "query">): Reopening {
  return {
    async request({ name, fingerprint }, reason) {
      const [row] = await database.query<{ id: string; expiresAtMs: number }>(REQUEST, [
        name,
        fingerprint,
        reason,
      ]);
      if (row === undefined) throw notHalted();
      return row;
    },
    async approve({ name, fingerprint }, id) {
      const [row] = await database.query<Opened>(APPROVE, [id, name, fingerprint]);
      if (row !== undefined) return { share: row.share };
      const [why] = await database.query<Refusal>(EXPLAIN, [id]);
      throw refusalOf(why, name, fingerprint);
    },
    async step({ name, fingerprint }, share) {
      const [row] = await database.query<Opened>(STEP, [share, name, fingerprint]);
      if (row !== undefined) return { share: row.share };
      throw new AdminError(
        "no-such-step",
        "The steps of an open campaign are from 0.01 to 0.1, and from 0.1 to 1. GET /state says where it stands.",
      );
    },
    async breakGlass({ name, fingerprint }, reason) {
      const [row] = await database.query<Opened>(BREAK_GLASS, [name, fingerprint, reason]);
      if (row === undefined) throw notHalted();
      return { share: row.share };
    },
  };
}

interface Refusal {
  readonly requestedBy: string;
  readonly credential: string;
  readonly version: string;
  readonly stateVersion: string;
  readonly phase: string;
  readonly isExpired: boolean;
}

function refusalOf(why: Refusal | undefined, name: string, fingerprint: string): AdminError {
  if (why === undefined) return new AdminError("not-found", "There is no such reopening.");
  if (why.requestedBy === name || why.credential === fingerprint)
    return new AdminError("same-person", "It takes a second person, with a credential of their own.");
  if (why.phase !== "halted") return notHalted();
  if (why.isExpired)
    return new AdminError(
      "expired",
      "It was asked for more than 30 minutes ago. Ask again: POST /reopenings.",
    );
  return new AdminError(
    "superseded",
    "Something halted the campaign after this reopening was asked for. Look at it, then ask again: POST /reopenings.",
  );
}

function notHalted(): AdminError {
  return new AdminError("not-halted", "The campaign is not halted.");
}
