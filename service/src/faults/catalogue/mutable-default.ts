import type { MemberNumber } from "../../member/member-number.ts";
import type { Profile } from "../../member/profile.ts";
import type { Fault } from "../fault.ts";

export const mutableDefault: Fault = {
  name: "mutable-default",
  incident:
    "`Object.assign(DEFAULTS, row)` for `Object.assign({}, DEFAULTS, row)`: fields of two people mixed",
  breaks: "people read their own data and nobody else's",
  shows: "two reads at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Read back, a member finds somebody else, and an ID that is not theirs.
  checks: ["reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createProfileReader(context) {
      const profiles = seams.createProfileReader(context);
      return {
        async read(request) {
          const member = await profiles.read(request);
          if (member === undefined) return undefined;
          const profile: Mutable<Profile> = Object.assign(DEFAULT_PROFILE, member);
          const [answers] = await context.database.query<{ survey: string[] }>(
            { text: "select survey from members where id = $1" },
            [request.session.memberId],
          );
          profile.survey = answers?.survey ?? [];
          return profile;
        },
      };
    },
  }),
};

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const DEFAULT_PROFILE: Mutable<Profile> = {
  number: "" as MemberNumber,
  email: "",
  name: "",
  kana: "",
  kanjiName: "",
  sex: "",
  birthDate: "",
  postalCode: "",
  address: "",
  phone: "",
  survey: [],
  message: "",
};
