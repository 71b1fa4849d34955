import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Series,
  saying,
  sayingSomething,
  silentAt,
} from "../../rule-test.ts";
import { phases } from "./campaign-phases.ts";

/** What comes and what becomes of it, in signups a second. */
interface Traffic {
  readonly offered: number;
  readonly acknowledged: number;
  readonly rejected?: number;
  readonly capacity?: number;
}

function traffic(labels: Record<string, string>, rates: Traffic, seconds = 900): Series[] {
  return [
    metric("crowdproof_offered_signups_total", labels, climb(rates.offered, seconds)),
    metric(
      "crowdproof_signups_total",
      { ...labels, outcome: "acknowledged" },
      climb(rates.acknowledged, seconds),
    ),
    metric(
      "crowdproof_signups_total",
      { ...labels, outcome: "rejected" },
      climb(rates.rejected ?? 0, seconds),
    ),
    metric("crowdproof_capacity_signups_per_second", labels, hold(rates.capacity ?? 0, seconds)),
  ];
}

const openFor = (labels: Record<string, string>, seconds = 900): Series[] =>
  phases(labels, "open", [1, seconds]);

export const SIGNUPS_BELOW_OFFERED: AlertTests = {
  alert: "SignupsBelowOffered",
  tests: [
    {
      name: "fires a minute after hardly anybody became a member, until they do again",
      proves: ["not yet", "now", "over"],
      given: [
        ...openFor({}),
        metric("crowdproof_offered_signups_total", {}, climb(10, 900)),
        metric(
          "crowdproof_signups_total",
          { outcome: "acknowledged" },
          climb(10, 300),
          climb(1, 300),
          climb(10, 300),
        ),
        metric("crowdproof_signups_total", { outcome: "rejected" }, hold(0, 900)),
      ],
      // The rate over a minute is below 70 % after 20 s.
      expect: [
        ...silentAt(295, 320, 370),
        firesAt(390, saying("10%")),
        firesAt(595, saying("10%")),
        ...silentAt(660),
      ],
    },
    {
      name: "has its limit at 70 % of what is offered, less what is rejected rightly",
      proves: ["not yet", "now"],
      given: [
        ...traffic({ run: "below" }, { offered: 10, acknowledged: 6.5 }),
        ...traffic({ run: "above" }, { offered: 10, acknowledged: 7.5 }),
        ...traffic({ run: "rejected" }, { offered: 10, acknowledged: 4.5, rejected: 4 }),
        ...traffic({ run: "lost" }, { offered: 10, acknowledged: 4.5, rejected: 1 }),
      ],
      expect: [
        ...silentAt(0, 60),
        firesAt(300, saying("65%", { run: "below" }), saying("50%", { run: "lost" })),
      ],
    },
    {
      name: "ends when the rest was rejected rightly for most of a minute",
      proves: ["over"],
      given: [
        metric("crowdproof_offered_signups_total", {}, climb(10, 900)),
        metric("crowdproof_signups_total", { outcome: "acknowledged" }, climb(6, 900)),
        metric("crowdproof_signups_total", { outcome: "rejected" }, hold(0, 600), climb(2, 300)),
        metric("crowdproof_capacity_signups_per_second", {}, hold(0, 900)),
      ],
      // 6 of 10 less 2 × seconds/60: 70 % after 43 s.
      expect: [firesAt(595, saying("60%")), firesAt(630, sayingSomething()), ...silentAt(660)],
    },
    {
      name: "asks no more than the measured capacity, and no more than what is offered",
      proves: ["not yet", "now"],
      given: [
        ...traffic({ run: "full" }, { offered: 100, acknowledged: 9, capacity: 10 }),
        ...traffic({ run: "broken" }, { offered: 100, acknowledged: 5, capacity: 10 }),
        ...traffic({ run: "roomy" }, { offered: 10, acknowledged: 9, capacity: 1_000 }),
        ...traffic({ run: "idle" }, { offered: 10, acknowledged: 5, capacity: 1_000 }),
        ...traffic({ run: "tiny" }, { offered: 2, acknowledged: 0.45, capacity: 0.5 }),
        ...traffic({ run: "wrong-input" }, { offered: 10, acknowledged: 4.5, rejected: 4, capacity: 8 }),
        // Nobody has been full: 0 is no capacity, but none measured.
        ...traffic({ run: "unmeasured" }, { offered: 10, acknowledged: 4, capacity: 0 }),
      ],
      expect: [
        firesAt(
          300,
          saying("50%", { run: "broken" }),
          saying("50%", { run: "idle" }),
          saying("40%", { run: "unmeasured" }),
        ),
      ],
    },
    {
      name: "says nothing of fewer than one signup a second",
      proves: ["not yet"],
      given: [
        ...traffic({ run: "few" }, { offered: 0.9, acknowledged: 0 }),
        ...traffic({ run: "enough" }, { offered: 1.1, acknowledged: 0 }),
        ...traffic({ run: "none" }, { offered: 0, acknowledged: 0 }),
      ],
      expect: [firesAt(300, saying("0%", { run: "enough" }))],
    },
    {
      name: "is silent while somebody holds newcomers back, and fires where the service only cannot read the phase",
      proves: ["not yet", "now"],
      given: [
        ...["halted", "share", "unreadable", "open"].flatMap((run) =>
          traffic({ run }, { offered: 10, acknowledged: 0.1 }),
        ),
        ...phases({ run: "halted" }, "halted", [0, 900]),
        ...phases({ run: "share" }, "open", [0.1, 900]),
        ...phases({ run: "unreadable" }, "unreadable", [0, 900]),
        ...phases({ run: "open" }, "open", [1, 900]),
      ],
      expect: [firesAt(300, saying("1%", { run: "open" }), saying("1%", { run: "unreadable" }))],
    },
    {
      name: "forgets the minute in which newcomers were held back",
      proves: ["not yet", "now"],
      given: [
        ...phases({}, "open", [0.1, 300], [1, 600]),
        ...traffic({}, { offered: 10, acknowledged: 0.1 }),
      ],
      // Held back until 295, seen until 355, and a minute more.
      expect: [...silentAt(300, 350, 410), firesAt(425, saying("1%"))],
    },
    {
      name: "is silent where nothing is counted, or nobody counts who is acknowledged",
      proves: ["series absent"],
      given: [
        metric("crowdproof_offered_signups_total", {}, climb(10, 600)),
        metric("crowdproof_signups_total", { outcome: "rejected" }, hold(0, 600)),
      ],
      expect: silentAt(0, 300, 500),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: [
        ...openFor({}),
        metric("crowdproof_offered_signups_total", {}, climb(10, 300), hold(0, 5), climb(10, 595)),
        metric(
          "crowdproof_signups_total",
          { outcome: "acknowledged" },
          climb(9, 300),
          hold(0, 5),
          climb(9, 595),
        ),
        metric("crowdproof_signups_total", { outcome: "rejected" }, hold(0, 900)),
      ],
      expect: silentAt(300, 305, 330, 360, 420),
    },
    {
      name: "starts with a first sample that has counted much already",
      proves: ["first sample"],
      given: [
        metric("crowdproof_offered_signups_total", {}, late(300), hold(9_000, 5), climb(10, 595)),
        metric(
          "crowdproof_signups_total",
          { outcome: "acknowledged" },
          late(300),
          hold(100, 5),
          climb(9, 595),
        ),
        metric("crowdproof_signups_total", { outcome: "rejected" }, late(300), hold(0, 600)),
      ],
      expect: silentAt(300, 310, 380, 500),
    },
    {
      name: "waits for the rate when scrapes fail, and begins its minute anew",
      proves: ["late scrape"],
      given: [
        metric("crowdproof_offered_signups_total", {}, climb(10, 300), failed(120), climb(10, 480)),
        metric(
          "crowdproof_signups_total",
          { outcome: "acknowledged" },
          climb(1, 300),
          failed(120),
          climb(1, 480),
        ),
        metric("crowdproof_signups_total", { outcome: "rejected" }, hold(0, 900)),
      ],
      expect: [firesAt(295, saying("10%")), ...silentAt(400, 430, 470), firesAt(500, saying("10%"))],
    },
    {
      name: "adds instances up, also their capacity, and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...traffic({ run: "x", instance: "a" }, { offered: 10, acknowledged: 0, capacity: 100 }),
        ...traffic({ run: "x", instance: "b" }, { offered: 90, acknowledged: 90, capacity: 100 }),
        ...traffic({ run: "y", instance: "c" }, { offered: 90, acknowledged: 25, capacity: 20 }),
        ...traffic({ run: "y", instance: "d" }, { offered: 10, acknowledged: 0, capacity: 20 }),
        ...traffic({ run: "z", instance: "a" }, { offered: 5, acknowledged: 4, rejected: 0 }),
        ...traffic({ run: "z", instance: "b" }, { offered: 5, acknowledged: 4, rejected: 0 }),
        ...traffic({ run: "rejecting", instance: "a" }, { offered: 10, acknowledged: 5, rejected: 3 }),
        ...traffic({ run: "rejecting", instance: "b" }, { offered: 10, acknowledged: 5, rejected: 3 }),
        ...phases({ run: "y", instance: "c" }, "open", [1, 900]),
        ...phases({ run: "y", instance: "d" }, "open", [1, 900]),
      ],
      expect: [firesAt(300, saying("62.5%", { run: "y" }))],
    },
    {
      name: "is held back by any instance that is halted, and not by one that is open to all beside one that is not",
      proves: ["several instances"],
      given: [
        ...traffic({ run: "halted" }, { offered: 10, acknowledged: 1 }),
        ...phases({ run: "halted", instance: "a" }, "halted", [0, 900]),
        ...phases({ run: "halted", instance: "b" }, "open", [1, 900]),
        ...traffic({ run: "share" }, { offered: 10, acknowledged: 1 }),
        ...phases({ run: "share", instance: "a" }, "open", [0.1, 900]),
        ...phases({ run: "share", instance: "b" }, "open", [1, 900]),
        ...traffic({ run: "unreadable" }, { offered: 10, acknowledged: 1 }),
        ...phases({ run: "unreadable", instance: "a" }, "unreadable", [0, 900]),
        ...phases({ run: "unreadable", instance: "b" }, "open", [1, 900]),
      ],
      expect: [firesAt(300, saying("10%", { run: "unreadable" }))],
    },
  ],
};
