import type { Profile } from "../../member/profile.ts";
import type { Fault } from "../fault.ts";

export const requestCollapsing: Fault = {
  name: "request-collapsing",
  incident: "Mercari 2017: personal pages of 54,180 people served to others after a change of the CDN",
  breaks: "people read their own data and nobody else's",
  shows: "two reads of one path at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createProfileReader(context) {
      const profiles = seams.createProfileReader(context);
      const inFlight = new Map<string, Promise<Profile | undefined>>();
      return {
        read(request) {
          const running = inFlight.get(request.path);
          if (running !== undefined) return running;
          const read = profiles.read(request).finally(() => inFlight.delete(request.path));
          inFlight.set(request.path, read);
          return read;
        },
      };
    },
  }),
};
