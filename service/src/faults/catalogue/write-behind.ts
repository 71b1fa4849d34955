import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../../db/database.ts";
import type { Candidate, MemberRepository } from "../../registration/repository.ts";
import { findClashes, insertMembers } from "../../registration/sql-repository.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const writeBehind: Fault = {
  name: "write-behind",
  incident:
    "registrations taken into a queue in memory and written twice a second: fast, until a process is killed",
  breaks: "every acknowledged member is found afterwards",
  shows: "kill −9",
  weather: ["worker-killed"],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  // Who was lost and tries again with the same key becomes another member, and is mailed another number; the first is nobody's.
  checks: ["acks-durable", "no-ghost-id", "once-per-person", "reads-own"],
  apply: (seams) => ({ ...seams, createRepository: createQueuedRepository }),
};

const FLUSH_EVERY_MS = 500;
const LOOK_AGAIN_MS = 10;

function createQueuedRepository({ config, database, log }: SeamContext): MemberRepository {
  const queued: Candidate[] = [];
  let writer: Promise<void> | undefined;

  /** With a connection of its own: whoever waits below for what it writes holds one, and all of them may be waiting. */
  async function startWriter(): Promise<void> {
    const connection = await database.connect();
    void writeQueued(connection).finally(() => connection.release());
  }

  function waitForWriter(): Promise<void> {
    writer ??= startWriter().catch((error: Error) => {
      writer = undefined;
      throw error;
    });
    return writer;
  }

  async function writeQueued({ query }: Connection): Promise<void> {
    while (queued.length > 0) {
      await sleep(FLUSH_EVERY_MS);
      const taken = [...queued];
      await insertMembers(query, taken, config.sessionSeconds).catch((error: Error) =>
        log.error({ name: error.name }, "registrations were not written"),
      );
      queued.splice(0, taken.length);
    }
    writer = undefined;
  }

  const isQueued = (candidate: Candidate) =>
    queued.some(({ emailKey, keyHash }) => emailKey === candidate.emailKey || keyHash === candidate.keyHash);

  return {
    async insert(query, candidates) {
      const known = await findClashes(query, candidates);
      const newcomers: Candidate[] = [];
      for (const candidate of candidates) {
        if (known.has(candidate.id) || isQueued(candidate)) continue;
        queued.push(candidate);
        newcomers.push(candidate);
      }
      if (newcomers.length > 0) await waitForWriter();
      // The bug: acknowledged, and nowhere but here.
      return new Map(newcomers.map(({ id, number }) => [id, { kind: "registered", number }]));
    },
    async findClashes(query, candidates) {
      while (candidates.some(isQueued)) await sleep(LOOK_AGAIN_MS);
      return findClashes(query, candidates);
    },
  };
}
