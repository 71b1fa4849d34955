import { setTimeout as sleep } from "node:timers/promises";
import type { Profile } from "../../member/profile.ts";
import type { Fault } from "../fault.ts";

export const lastGoodFallback: Fault = {
  name: "last-good-fallback",
  incident:
    "a circuit breaker whose fallback is the last good answer, for a route whose answer is a person's own",
  breaks: "people read their own data and nobody else's",
  shows: "the database answers later than the breaker's time",
  weather: ["slow-database"],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createProfileReader(context) {
      const profiles = seams.createProfileReader(context);
      let lastGood: Profile | undefined;
      return {
        async read(request) {
          const profile = await Promise.race([profiles.read(request), sleep(BREAKER_MS, LATE)]);
          if (profile === LATE) return lastGood;
          lastGood = profile ?? lastGood;
          return profile;
        },
      };
    },
  }),
};

const BREAKER_MS = 250;
const LATE = Symbol("late");
