import type { Connection, Database } from "../../db/database.ts";
import type { Profile } from "../../member/profile.ts";
import { READ_PROFILE } from "../../member/sql-profile-reader.ts";
import type { Fault } from "../fault.ts";

export const outOfStepReply: Fault = {
  name: "out-of-step-reply",
  incident:
    "redis-py in ChatGPT 2023: a request that was given up left its reply behind, for whoever came next",
  breaks: "people read their own data and nobody else's",
  shows: "the database answers later than the client's patience",
  weather: ["slow-database"],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createProfileReader({ database }) {
      const line = createLine(database);
      return { read: async ({ session }) => (await line.ask(session.memberId))[0] };
    },
  }),
};

const PATIENCE_MS = 250;

interface Waiter {
  resolve(profiles: Profile[]): void;
  reject(error: unknown): void;
}

/** One connection, its statements one behind the other, as long as somebody asks; replies go to whoever is first in line. */
function createLine(database: Database) {
  const waiters: Waiter[] = [];
  let connecting: Promise<Connection> | undefined;
  let asked = 0;

  async function send(memberId: string): Promise<Profile[]> {
    asked += 1;
    connecting ??= database.connect();
    const connection = await connecting;
    try {
      return await connection.query<Profile>(READ_PROFILE, [memberId]);
    } finally {
      asked -= 1;
      if (asked === 0) {
        connecting = undefined;
        connection.release();
      }
    }
  }

  return {
    ask: (memberId: string): Promise<Profile[]> =>
      new Promise((resolve, reject) => {
        const waiter = { resolve, reject };
        waiters.push(waiter);
        setTimeout(() => giveUp(waiter), PATIENCE_MS);
        send(memberId).then(
          (profiles) => waiters.shift()?.resolve(profiles),
          (error: unknown) => waiters.shift()?.reject(error),
        );
      }),
  };

  /** The bug: whoever gives up leaves the line, and their reply is still to come. */
  function giveUp(waiter: Waiter): void {
    const at = waiters.indexOf(waiter);
    if (at < 0) return;
    waiters.splice(at, 1);
    waiter.reject(new Error("Query read timeout"));
  }
}
