import type { Session } from "../../session/session-store.ts";
import type { Fault } from "../fault.ts";

export const moduleVariable: Fault = {
  name: "module-variable",
  incident: "MelonCard 2011: one missing `var`, fine until launch day, then strangers' accounts",
  breaks: "people read their own data and nobody else's",
  shows: "two reads at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    schema: [...seams.schema, "alter table members add column if not exists last_seen_at timestamptz"],
    createProfileReader(context) {
      const profiles = seams.createProfileReader(context);
      return {
        async read({ session, path }) {
          viewer = session;
          await context.database.query({ text: "update members set last_seen_at = now() where id = $1" }, [
            viewer.memberId,
          ]);
          return profiles.read({ session: viewer, path });
        },
      };
    },
  }),
};

// The bug: it belongs into `read`.
let viewer: Session;
