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

function createQueuedRepository({ config, database, log }: SeamContext): MemberRepository {
  let queued: Candidate[] = [];
  let flushing: Promise<unknown> | undefined;

  async function flush(): Promise<void> {
    const taken = queued;
    queued = [];
    flushing = undefined;
    if (taken.length > 0) await insertMembers(database.query, taken, config.sessionSeconds);
  }

  function flushLater(): void {
    flushing ??= new Promise((resolve) => setTimeout(resolve, FLUSH_EVERY_MS))
      .then(flush)
      .catch((error: Error) => log.error({ name: error.name }, "registrations were not written"));
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
      flushLater();
      // The bug: acknowledged, and nowhere but here.
      return new Map(newcomers.map(({ id, number }) => [id, { kind: "registered", number }]));
    },
    async findClashes(query, candidates) {
      await flushing;
      return findClashes(query, candidates);
    },
  };
}
