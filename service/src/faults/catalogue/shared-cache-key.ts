import { LRUCache } from "lru-cache";
import type { Profile } from "../../member/profile.ts";
import type { Fault } from "../fault.ts";

export const sharedCacheKey: Fault = {
  name: "shared-cache-key",
  incident: "Steam 2015, Klarna 2021, Railway 2026: profiles from a cache that did not know whose they were",
  breaks: "people read their own data and nobody else's",
  shows: "two people within the cache's lifetime",
  weather: [],
  guard: "blocks",
  isHiddenAlone: false,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createProfileReader(context) {
      const profiles = seams.createProfileReader(context);
      // A second of staleness is nothing, and takes the load of a rush off the database.
      const cache = new LRUCache<string, Profile>({ max: 10_000, ttl: 1_000 });
      return {
        async read(request) {
          const cached = cache.get(request.path);
          if (cached !== undefined) return cached;
          const profile = await profiles.read(request);
          if (profile !== undefined) cache.set(request.path, profile);
          return profile;
        },
      };
    },
  }),
};
