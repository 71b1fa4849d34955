import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Segment,
  type Series,
  saying,
  sayingSomething,
  series,
  silentAt,
} from "../rule-test.ts";

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

/** One phase after the other, each with the share let in. */
function phases(
  labels: Record<string, string>,
  phase: "open" | "halted" | "unreadable",
  ...parts: [share: number, seconds: number][]
): Series[] {
  const flag = (name: "open" | "halted") => parts.map(([, seconds]) => hold(phase === name ? 1 : 0, seconds));
  return [
    metric("crowdproof_campaign_state", { ...labels, phase: "open" }, ...flag("open")),
    metric("crowdproof_campaign_state", { ...labels, phase: "halted" }, ...flag("halted")),
    metric(
      "crowdproof_campaign_share_ratio",
      labels,
      ...parts.map(([share, seconds]) => hold(share, seconds)),
    ),
  ];
}

const SIGNUPS_BELOW_OFFERED: AlertTests = {
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
      proves: ["over"],
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

function appointments(
  labels: Record<string, string>,
  kept: { within: number; late: number; missed: number },
  ...before: Segment[]
): Series[] {
  return (["within", "late", "missed"] as const).map((how) =>
    metric(
      "crowdproof_appointments_total",
      { ...labels, kept: how },
      ...(before.length === 0 ? [hold(0, 300)] : before),
      climb(kept[how] / 300, 300),
      climb(0, 600),
    ),
  );
}

const PROMISES_BROKEN: AlertTests = {
  alert: "PromisesBroken",
  tests: [
    {
      name: "fires when too few of those who were due were let in as told, until that is five minutes ago",
      proves: ["not yet", "now", "over"],
      given: [
        ...appointments({ run: "broken" }, { within: 255, late: 30, missed: 15 }),
        ...appointments({ run: "kept" }, { within: 276, late: 12, missed: 12 }),
      ],
      expect: [
        ...silentAt(0, 295, 300),
        firesAt(600, saying("85%", { run: "broken" })),
        firesAt(870, saying("85%", { run: "broken" })),
        ...silentAt(910),
      ],
    },
    {
      name: "says nothing of fewer than 20 appointments",
      proves: ["not yet"],
      given: [
        metric("crowdproof_appointments_total", { run: "exactly", kept: "within" }, hold(0, 900)),
        metric(
          "crowdproof_appointments_total",
          { run: "exactly", kept: "late" },
          hold(0, 300),
          hold(20, 600),
        ),
        ...appointments({ run: "few" }, { within: 0, late: 18, missed: 0 }),
        ...appointments({ run: "enough" }, { within: 0, late: 12, missed: 12 }),
      ],
      expect: [firesAt(300, saying("0%", { run: "exactly" })), firesAt(600, saying("0%", { run: "enough" }))],
    },
    {
      name: "says nothing of fewer than 20 in the last five minutes, however many there were before",
      proves: ["not yet", "over"],
      given: [
        metric("crowdproof_appointments_total", { kept: "within" }, climb(1, 300), climb(0, 600)),
        metric(
          "crowdproof_appointments_total",
          { kept: "late" },
          hold(0, 300),
          climb(0.05, 300),
          climb(0, 300),
        ),
      ],
      expect: silentAt(600, 620),
    },
    {
      name: "is silent while newcomers are held back, and five minutes longer",
      proves: ["not yet", "over"],
      given: [
        ...appointments({ run: "halted" }, { within: 0, late: 300, missed: 0 }),
        ...phases({ run: "halted" }, "halted", [0, 1_200]),
        ...appointments({ run: "share" }, { within: 0, late: 300, missed: 0 }),
        ...phases({ run: "share" }, "open", [0.1, 350], [1, 850]),
        ...appointments({ run: "open" }, { within: 0, late: 300, missed: 0 }),
        ...phases({ run: "open" }, "open", [0.1, 250], [1, 950]),
      ],
      expect: [
        ...silentAt(540),
        firesAt(560, saying("0%", { run: "open" })),
        firesAt(640, saying("0%", { run: "open" })),
        firesAt(660, saying("0%", { run: "open" }), saying("0%", { run: "share" })),
      ],
    },
    {
      name: "is silent where nobody waits, and where nothing is counted",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 600),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: (["within", "late", "missed"] as const).map((kept) =>
        metric(
          "crowdproof_appointments_total",
          { kept },
          hold(0, 5),
          climb(kept === "within" ? 9 : 0.2, 295),
          hold(0, 5),
          climb(kept === "within" ? 9 : 0.2, 595),
        ),
      ),
      expect: silentAt(295, 300, 305, 400, 600),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      given: (["within", "late", "missed"] as const).map((kept) =>
        metric(
          "crowdproof_appointments_total",
          { kept },
          late(300),
          hold(kept === "within" ? 10 : 500, 5),
          climb(kept === "within" ? 1 : 0, 595),
        ),
      ),
      expect: silentAt(300, 310, 400, 600),
    },
    {
      name: "sees what happened while scrapes failed",
      proves: ["late scrape"],
      given: (["within", "late", "missed"] as const).map((kept) =>
        metric(
          "crowdproof_appointments_total",
          { kept },
          hold(0, 300),
          failed(120),
          hold(kept === "within" ? 50 : 25, 400),
        ),
      ),
      expect: [...silentAt(415), firesAt(420, saying("50%"))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...appointments({ run: "x", instance: "a" }, { within: 5, late: 5, missed: 5 }),
        ...appointments({ run: "x", instance: "b" }, { within: 10, late: 5, missed: 0 }),
        ...appointments({ run: "y", instance: "a" }, { within: 100, late: 0, missed: 0 }),
      ],
      expect: [firesAt(600, saying("50%", { run: "x" }))],
    },
  ],
};

/** Newcomers that queued in the minute before 300 s, and how many of them for longer than half a second. */
function queued(
  labels: Record<string, string>,
  all: number,
  long: number,
  visitor: "newcomer" | "holder" = "newcomer",
): Series[] {
  const wait = (suffix: string, count: number, le?: string) =>
    series(
      `crowdproof_admission_wait_seconds_${suffix}`,
      { ...labels, visitor, ...(le === undefined ? {} : { le }) },
      hold(0, 240),
      climb(count / 60, 65),
      climb(0, 600),
    );
  return [
    wait("bucket", (all - long) / 2, "0.25"),
    wait("bucket", all - long, "0.5"),
    wait("bucket", all, "2.5"),
    wait("count", all),
  ];
}

const NEWCOMERS_QUEUE_TOO_LONG: AlertTests = {
  alert: "NewcomersQueueTooLong",
  tests: [
    {
      name: "fires when more than one newcomer in twenty queues for over half a second, until that is a minute ago",
      proves: ["not yet", "now", "over"],
      given: [...queued({ run: "long" }, 100, 6), ...queued({ run: "short" }, 100, 4.5)],
      expect: [
        ...silentAt(0, 235),
        firesAt(300, saying("6%", { run: "long" })),
        firesAt(340, saying("6%", { run: "long" })),
        ...silentAt(375),
      ],
    },
    {
      name: "says nothing of fewer than 20 newcomers, nor of others than newcomers",
      proves: ["not yet"],
      given: [
        ...queued({ run: "mixed" }, 100, 10),
        ...queued({ run: "mixed" }, 100, 0, "holder"),
        ...queued({ run: "few-of-many" }, 15, 15),
        ...queued({ run: "few-of-many" }, 100, 0, "holder"),
        series(
          "crowdproof_admission_wait_seconds_bucket",
          { run: "exactly", visitor: "newcomer", le: "0.5" },
          hold(0, 600),
        ),
        series(
          "crowdproof_admission_wait_seconds_count",
          { run: "exactly", visitor: "newcomer" },
          hold(0, 300),
          hold(20, 300),
        ),

        ...queued({ run: "few" }, 18, 18),
        ...queued({ run: "enough" }, 24, 24),
        ...queued({ run: "holders" }, 100, 100, "holder"),
      ],
      expect: [
        firesAt(
          300,
          saying("100%", { run: "enough" }),
          saying("100%", { run: "exactly" }),
          saying("10%", { run: "mixed" }),
        ),
      ],
    },
    {
      name: "says nothing of fewer than 20 in the last minute, however many there were before",
      proves: ["not yet", "over"],
      given: [
        series(
          "crowdproof_admission_wait_seconds_bucket",
          { visitor: "newcomer", le: "0.5" },
          climb(1, 240),
          climb(0, 600),
        ),
        series(
          "crowdproof_admission_wait_seconds_count",
          { visitor: "newcomer" },
          climb(1, 240),
          climb(0.25, 60),
          climb(0, 300),
        ),
      ],
      expect: silentAt(295, 300, 310),
    },
    {
      name: "is silent where nothing is counted",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 300),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: [
        series(
          "crowdproof_admission_wait_seconds_bucket",
          { visitor: "newcomer", le: "0.5" },
          climb(10, 300),
          hold(0, 5),
          climb(10, 300),
        ),
        series(
          "crowdproof_admission_wait_seconds_count",
          { visitor: "newcomer" },
          climb(10.2, 300),
          hold(0, 5),
          climb(10.2, 300),
        ),
      ],
      expect: silentAt(300, 305, 320, 360),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      given: [
        series(
          "crowdproof_admission_wait_seconds_bucket",
          { visitor: "newcomer", le: "0.5" },
          late(300),
          hold(0, 5),
          climb(1, 300),
        ),
        series(
          "crowdproof_admission_wait_seconds_count",
          { visitor: "newcomer" },
          late(300),
          hold(900, 5),
          climb(1, 300),
        ),
      ],
      expect: silentAt(300, 305, 360),
    },
    {
      name: "sees who queued while a scrape or two failed",
      proves: ["late scrape"],
      given: [
        series(
          "crowdproof_admission_wait_seconds_bucket",
          { visitor: "newcomer", le: "0.5" },
          hold(0, 300),
          failed(30),
          hold(20, 300),
        ),
        series(
          "crowdproof_admission_wait_seconds_count",
          { visitor: "newcomer" },
          hold(0, 300),
          failed(30),
          hold(40, 300),
        ),
      ],
      expect: [...silentAt(325), firesAt(330, saying("50%"))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...queued({ run: "x", instance: "a" }, 15, 3),
        ...queued({ run: "x", instance: "b" }, 15, 0),
        ...queued({ run: "y", instance: "a" }, 100, 1),
      ],
      expect: [firesAt(300, saying("10%", { run: "x" }))],
    },
  ],
};

/** People let in during five minutes, by how much the time they were told was wrong on average, and what they were told. */
function told(
  labels: Record<string, string>,
  people: number,
  errorSeconds: number,
  waitSeconds = 0,
): Series[] {
  return [
    series(
      "crowdproof_told_error_seconds_count",
      labels,
      hold(0, 300),
      climb(people / 300, 300),
      climb(0, 600),
    ),
    series(
      "crowdproof_told_error_seconds_sum",
      labels,
      hold(0, 300),
      climb((people * errorSeconds) / 300, 300),
      climb(0, 600),
    ),
    series(
      "crowdproof_told_wait_seconds_total",
      labels,
      hold(0, 300),
      climb((people * waitSeconds) / 300, 300),
      climb(0, 600),
    ),
  ];
}

const WAIT_TOLD_WRONG: AlertTests = {
  alert: "WaitToldWrong",
  tests: [
    {
      name: "fires when people are let in far off the time they were told, until that is five minutes ago",
      proves: ["not yet", "now", "over"],
      given: [...told({ run: "wrong" }, 100, 6), ...told({ run: "right" }, 100, 4)],
      expect: [
        ...silentAt(0, 295),
        firesAt(600, saying("6s", { run: "wrong" })),
        firesAt(820, saying("6s", { run: "wrong" })),
        ...silentAt(870, 910),
      ],
    },
    {
      name: "bears a fifth of the wait that was told",
      proves: ["not yet", "now"],
      given: [...told({ run: "right" }, 100, 18, 100), ...told({ run: "wrong" }, 100, 22, 100)],
      expect: [firesAt(600, saying("22s", { run: "wrong" })), firesAt(640, saying("22s", { run: "wrong" }))],
    },
    {
      name: "does not excuse what is wrong now by a long wait that was told before",
      proves: ["now"],
      given: [
        series("crowdproof_told_error_seconds_count", {}, hold(0, 300), climb(1, 600)),
        series("crowdproof_told_error_seconds_sum", {}, hold(0, 300), climb(6, 600)),
        series("crowdproof_told_wait_seconds_total", {}, climb(100, 250), climb(0, 650)),
      ],
      expect: [...silentAt(450), firesAt(600, saying("6s"))],
    },
    {
      name: "says nothing of fewer than 20 people",
      proves: ["not yet"],
      given: [
        series("crowdproof_told_error_seconds_count", { run: "exactly" }, hold(0, 300), hold(20, 600)),
        series("crowdproof_told_error_seconds_sum", { run: "exactly" }, hold(0, 300), hold(1_800, 600)),
        series("crowdproof_told_wait_seconds_total", { run: "exactly" }, hold(0, 900)),
        ...told({ run: "few" }, 18, 90),
        ...told({ run: "enough" }, 24, 90),
      ],
      expect: [
        firesAt(300, saying("1m 30s", { run: "exactly" })),
        firesAt(600, saying("1m 30s", { run: "enough" })),
      ],
    },
    {
      name: "says nothing of fewer than 20 in the last five minutes, however many there were before",
      proves: ["not yet", "over"],
      given: [
        series("crowdproof_told_error_seconds_count", {}, climb(1, 300), climb(0.05, 300), climb(0, 300)),
        series("crowdproof_told_error_seconds_sum", {}, climb(1, 300), climb(2, 300), climb(0, 300)),
        series("crowdproof_told_wait_seconds_total", {}, hold(0, 900)),
      ],
      expect: silentAt(600, 620),
    },
    {
      name: "is silent where nothing is counted",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 600),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: [
        series("crowdproof_told_error_seconds_count", {}, climb(1, 300), hold(0, 5), climb(1, 600)),
        series("crowdproof_told_error_seconds_sum", {}, climb(3, 300), hold(0, 5), climb(3, 600)),
        series("crowdproof_told_wait_seconds_total", {}, hold(0, 900)),
      ],
      expect: silentAt(300, 305, 400, 700),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      given: [
        series("crowdproof_told_error_seconds_count", {}, late(300), hold(100, 5), climb(1, 600)),
        series("crowdproof_told_error_seconds_sum", {}, late(300), hold(9_000, 5), climb(1, 600)),
        series("crowdproof_told_wait_seconds_total", {}, late(300), hold(0, 605)),
      ],
      expect: silentAt(300, 305, 400),
    },
    {
      name: "sees who was let in while scrapes failed",
      proves: ["late scrape"],
      given: [
        series("crowdproof_told_error_seconds_count", {}, hold(0, 300), failed(120), hold(50, 300)),
        series("crowdproof_told_error_seconds_sum", {}, hold(0, 300), failed(120), hold(500, 300)),
        series("crowdproof_told_wait_seconds_total", {}, hold(0, 300), failed(120), hold(0, 300)),
      ],
      expect: [...silentAt(415), firesAt(420, saying("10s"))],
    },
    {
      name: "adds instances up, and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...told({ run: "x", instance: "a" }, 15, 12),
        ...told({ run: "x", instance: "b" }, 15, 8),
        ...told({ run: "long", instance: "a" }, 30, 6, 29),
        ...told({ run: "long", instance: "b" }, 30, 6, 29),
        ...told({ run: "y", instance: "a" }, 30, 10, 55),
        ...told({ run: "y", instance: "b" }, 30, 10, 55),
      ],
      expect: [firesAt(600, saying("10s", { run: "x" }), saying("6s", { run: "long" }))],
    },
  ],
};

const LEDGER_LOSING: AlertTests = {
  alert: "LedgerLosing",
  tests: [
    {
      name: "fires with the first entry that could be written nowhere, for five minutes",
      proves: ["not yet", "now", "over"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(0, 400), hold(1, 900)),
        metric("crowdproof_access_ledger_lost", {}, hold(0, 500), hold(7, 900)),
      ],
      expect: [
        ...silentAt(0, 395),
        firesAt(400, saying("1", { ledger: "anomalies" })),
        firesAt(690, saying("1", { ledger: "anomalies" }), saying("7", { ledger: "accesses" })),
        firesAt(790, saying("7", { ledger: "accesses" })),
        ...silentAt(810, 1_000),
      ],
    },
    {
      name: "fires when the first sample has lost some already, for five minutes",
      proves: ["first sample", "over"],
      given: [
        metric("crowdproof_ledger_lost", {}, late(300), hold(1, 900)),
        metric("crowdproof_access_ledger_lost", {}, late(300), hold(1, 900)),
      ],
      expect: [
        ...silentAt(295),
        firesAt(300, saying("1", { ledger: "anomalies" }), saying("1", { ledger: "accesses" })),
        firesAt(590, saying("1", { ledger: "anomalies" }), saying("1", { ledger: "accesses" })),
        ...silentAt(605),
      ],
    },
    {
      name: "is silent while a service that has lost nothing is new",
      proves: ["not yet"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(0, 600)),
        metric("crowdproof_access_ledger_lost", {}, hold(0, 600)),
      ],
      expect: silentAt(0, 5, 300, 595),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "is silent when a worker that had lost some ends, and fires for the next one",
      proves: ["reset"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(5, 600), hold(0, 300), hold(1, 300)),
        metric("crowdproof_access_ledger_lost", {}, hold(5, 600), hold(0, 350), hold(2, 300)),
      ],
      expect: [
        ...silentAt(400, 600, 605, 895),
        firesAt(900, saying("1", { ledger: "anomalies" })),
        firesAt(950, saying("1", { ledger: "anomalies" }), saying("2", { ledger: "accesses" })),
      ],
    },
    {
      name: "sees what was lost while scrapes failed",
      proves: ["late scrape"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(0, 400), failed(60), hold(1, 300)),
        metric("crowdproof_access_ledger_lost", {}, hold(0, 400), failed(60), hold(4, 300)),
      ],
      expect: [
        ...silentAt(455),
        firesAt(460, saying("1", { ledger: "anomalies" }), saying("4", { ledger: "accesses" })),
      ],
    },
    {
      name: "is one page a ledger for several instances, and keeps runs apart",
      proves: ["several instances"],
      given: [
        metric("crowdproof_ledger_lost", { run: "x", instance: "a" }, hold(0, 400), hold(1, 300)),
        metric("crowdproof_ledger_lost", { run: "x", instance: "b" }, hold(0, 400), hold(3, 300)),
        metric("crowdproof_ledger_lost", { run: "y", instance: "a" }, hold(0, 700)),
        metric("crowdproof_access_ledger_lost", { run: "y", instance: "a" }, hold(0, 400), hold(2, 300)),
        metric("crowdproof_access_ledger_lost", { run: "y", instance: "b" }, hold(0, 400), hold(1, 300)),
      ],
      expect: [
        firesAt(
          400,
          saying("3", { run: "x", ledger: "anomalies" }),
          saying("2", { run: "y", ledger: "accesses" }),
        ),
      ],
    },
  ],
};

const LEDGER_BEHIND: AlertTests = {
  alert: "LedgerBehind",
  tests: [
    {
      name: "files a ticket when entries have waited for two minutes, until they are written",
      proves: ["not yet", "now", "over"],
      given: [
        metric("crowdproof_ledger_spooled", {}, hold(0, 300), hold(1, 300), hold(0, 300)),
        metric("crowdproof_access_ledger_pending", {}, hold(4_900, 300), hold(5_100, 300), hold(0, 300)),
        metric("crowdproof_access_ledger_pending", { run: "at" }, hold(5_000, 900)),
      ],
      expect: [
        ...silentAt(0, 120, 300, 410),
        firesAt(430, saying("1", { ledger: "anomalies" }), saying("5.1k", { ledger: "accesses" })),
        firesAt(595, saying("1", { ledger: "anomalies" }), saying("5.1k", { ledger: "accesses" })),
        ...silentAt(600),
      ],
    },
    {
      name: "bears entries that come and go",
      proves: ["not yet"],
      given: [
        metric(
          "crowdproof_ledger_spooled",
          {},
          hold(3, 50),
          hold(0, 5),
          hold(3, 50),
          hold(0, 5),
          hold(3, 50),
          hold(0, 5),
          hold(3, 50),
          hold(0, 5),
        ),
        metric(
          "crowdproof_access_ledger_pending",
          {},
          hold(9_000, 50),
          hold(0, 5),
          hold(9_000, 50),
          hold(0, 5),
          hold(9_000, 50),
          hold(0, 5),
          hold(9_000, 50),
        ),
      ],
      expect: silentAt(45, 100, 130, 150, 200),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "begins anew after a restart",
      proves: ["reset", "late scrape"],
      given: [
        metric("crowdproof_ledger_spooled", {}, hold(2, 100), failed(100), hold(2, 300)),
        metric("crowdproof_access_ledger_pending", {}, hold(0, 500)),
      ],
      expect: [
        firesAt(95, saying("2", { ledger: "anomalies" })),
        ...silentAt(170, 200, 250),
        firesAt(270, saying("2", { ledger: "anomalies" })),
      ],
    },
    {
      name: "counts from the first sample",
      proves: ["first sample"],
      given: [
        metric("crowdproof_ledger_spooled", {}, late(300), hold(2, 300)),
        metric("crowdproof_access_ledger_pending", {}, late(300), hold(0, 300)),
      ],
      expect: [...silentAt(300, 355), firesAt(435, saying("2", { ledger: "anomalies" }))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        metric("crowdproof_ledger_spooled", { run: "x", instance: "a" }, hold(2, 300)),
        metric("crowdproof_ledger_spooled", { run: "x", instance: "b" }, hold(3, 300)),
        metric("crowdproof_access_ledger_pending", { run: "y", instance: "a" }, hold(3_000, 300)),
        metric("crowdproof_access_ledger_pending", { run: "y", instance: "b" }, hold(3_000, 300)),
        metric("crowdproof_access_ledger_pending", { run: "z", instance: "b" }, hold(3_000, 300)),
      ],
      expect: [
        firesAt(
          200,
          saying("5", { run: "x", ledger: "anomalies" }),
          saying("6k", { run: "y", ledger: "accesses" }),
        ),
      ],
    },
  ],
};

export const PROCESSING_TESTS: readonly AlertTests[] = [
  SIGNUPS_BELOW_OFFERED,
  PROMISES_BROKEN,
  NEWCOMERS_QUEUE_TOO_LONG,
  WAIT_TOLD_WRONG,
  LEDGER_LOSING,
  LEDGER_BEHIND,
];
