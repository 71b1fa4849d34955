import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, Statement } from "../../db/database.ts";
import { findClashes, insertMembers, REGISTER_MEMBERS } from "../../registration/sql-repository.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const halfMember: Fault = {
  name: "half-member",
  incident: "what belongs together written in two transactions; the second fails, and its error is logged",
  breaks: "a member who is acknowledged is a whole one, with a session that opens",
  shows: "the database is slow between the two",
  weather: ["slow-database"],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  checks: ["acks-durable"],
  apply: (seams) => ({
    ...seams,
    createRepository: (context) => ({
      findClashes,
      async insert(query, candidates) {
        const { config, log } = context;
        const outcomes = await insertMembers(query, candidates, config.sessionSeconds, INSERT_MEMBERS);
        const opened = candidates.filter(({ id }) => outcomes.has(id));
        await openSessions(context, opened).catch((error: Error) =>
          // The bug: "they can sign in later".
          log.warn({ name: error.name }, "sessions were not opened"),
        );
        return outcomes;
      },
    }),
  }),
};

/** Without the part that opens the sessions. */
const INSERT_MEMBERS: Statement = {
  name: "register-members-only",
  text: REGISTER_MEMBERS.text
    .replace(/, session as \([^;]*?\), mail as/, ", mail as")
    .replace("select id from member\n", "select id from member where $2::float8 > 0\n"),
};

const PATIENCE_MS = 250;

async function openSessions(
  { database, config }: SeamContext,
  members: readonly NewSession[],
): Promise<void> {
  if (members.length === 0) return;
  const connection = await database.connect();
  try {
    await Promise.race([
      writeSessions(connection, members, config.sessionSeconds),
      sleep(PATIENCE_MS).then(() => Promise.reject(new Error("the sessions took too long"))),
    ]);
  } catch (error) {
    connection.release(true);
    throw error;
  }
  connection.release();
}

interface NewSession {
  readonly id: string;
  readonly tokenHash: string;
}

async function writeSessions(
  { query }: Connection,
  members: readonly NewSession[],
  sessionSeconds: number,
): Promise<void> {
  await query({ text: "begin" });
  await query({ text: OPEN_SESSIONS }, [
    members.map(({ tokenHash }) => `\\x${tokenHash}`),
    members.map(({ id }) => id),
    sessionSeconds,
  ]);
  await query({ text: "commit" });
}

const OPEN_SESSIONS = `
  insert into sessions (token_hash, member_id, expires_at)
  select token_hash, member_id, now() + make_interval(secs => $3)
  from unnest($1::bytea[], $2::uuid[]) as opened (token_hash, member_id)`;
