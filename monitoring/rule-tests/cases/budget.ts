import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  type RuleTest,
  type Segment,
  type Series,
  saying,
  series,
  silentAt,
} from "../rule-test.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Signups of which this share is acknowledged late or not at all, for so long, so many times as many as else. */
type Part = readonly [badShare: number, seconds: number, times?: number];

interface Signups {
  readonly labels?: Readonly<Record<string, string>>;
  readonly perSecond?: number;
  /** Those that are bad: acknowledged late, failed, or nobody knows. */
  readonly how?: "slow" | "failed" | "indeterminate";
  /** Before the first sample that climbs. */
  readonly begin?: readonly Segment[];
  readonly parts: readonly Part[];
}

function signups({ labels = {}, perSecond = 10, how = "slow", begin = [], parts }: Signups): Series[] {
  const shape = (rateOf: (bad: number) => number) => [
    ...begin,
    ...parts.map(([bad, seconds, times = 1]) => climb(times * perSecond * rateOf(bad), seconds)),
  ];
  const total = (outcome: string, rateOf: (bad: number) => number) =>
    series("crowdproof_signups_total", { ...labels, outcome }, ...shape(rateOf));
  return [
    total("acknowledged", (bad) => (how === "slow" ? 1 : 1 - bad)),
    total("failed", (bad) => (how === "failed" ? bad : 0)),
    total("indeterminate", (bad) => (how === "indeterminate" ? bad : 0)),
    // Told to wait, refused, rejected: neither good nor bad here.
    total("waiting", () => 1),
    total("refused", () => 1),
    total("rejected", () => 1),
    series(
      "crowdproof_signup_latency_seconds_bucket",
      { ...labels, le: "0.5" },
      ...shape((bad) => (1 - bad) / 2),
    ),
    series("crowdproof_signup_latency_seconds_bucket", { ...labels, le: "1.2" }, ...shape((bad) => 1 - bad)),
    series("crowdproof_signup_latency_seconds_bucket", { ...labels, le: "2.5" }, ...shape(() => 1)),
  ];
}

interface Row {
  readonly name: string;
  readonly everySeconds: number;
  /** Before: so many signups that the other rows' longer windows stay well. */
  readonly history: readonly Part[];
  readonly bad: Part;
  /** As long as the short window, and a little. */
  readonly recoverySeconds: number;
  readonly says: string;
}

/** One row of the table of windows alone: both of its windows count what they should, of all instances together. */
function rowTest({ name, everySeconds, history, bad, recoverySeconds, says }: Row): RuleTest {
  const [share, seconds] = bad;
  const all = [...history, bad];
  const recovered: Part[] = [...history, [3 * share, seconds - recoverySeconds], [0, recoverySeconds]];
  const endSeconds = all.reduce((sum, part) => sum + part[1], 0);
  return {
    name,
    proves: ["now", "several instances"],
    everySeconds,
    given: [
      ...signups({ labels: { run: "x", instance: "a" }, parts: [...history, [2 * share, seconds]] }),
      ...signups({ labels: { run: "x", instance: "b" }, parts: [...history, [0, seconds]] }),
      ...signups({ labels: { run: "failed" }, how: "failed", parts: all }),
      ...signups({ labels: { run: "indeterminate" }, how: "indeterminate", parts: all }),
      ...["a", "b"].flatMap((instance) =>
        signups({ labels: { run: "recovered", instance }, parts: recovered }),
      ),
    ],
    expect: [
      firesAt(
        endSeconds - everySeconds,
        saying(says, { run: "x" }),
        saying(says, { run: "failed" }),
        saying(says, { run: "indeterminate" }),
      ),
    ],
  };
}

/** Signups that are well, and then so many failures at one moment after the other. */
function jumps(
  labels: Readonly<Record<string, string>>,
  ...parts: (Segment | { readonly seconds: number; readonly by: number })[]
): Series[] {
  let failed = 0;
  const failures: Segment[] = [];
  for (const part of parts) {
    if ("by" in part) failed += part.by;
    failures.push(hold(failed, part.seconds));
  }
  const well = parts.map((part) => ("by" in part ? climb(0, part.seconds) : part));
  return [
    series("crowdproof_signups_total", { ...labels, outcome: "acknowledged" }, ...well),
    series("crowdproof_signups_total", { ...labels, outcome: "failed" }, ...failures),
    series("crowdproof_signup_latency_seconds_bucket", { ...labels, le: "1.2" }, ...well),
  ];
}

const IN_CAMPAIGN: AlertTests = {
  alert: "SignupsSlowInCampaign",
  tests: [
    {
      name: "fires when half of the campaign's budget goes in a minute, until it is over",
      proves: ["not yet", "now", "over"],
      given: signups({
        parts: [
          [0, 600],
          [0.5, 120],
          [0, 600],
        ],
      }),
      // The minute's share is above 15 % after 20 s of every second signup; the short window ends it within 20 s.
      expect: [
        ...silentAt(60, 595),
        firesAt(660, saying("50%")),
        firesAt(715, saying("50%")),
        ...silentAt(1_000),
      ],
    },
    {
      name: "ends with the short window although the long one is still bad",
      proves: ["over"],
      given: signups({
        parts: [
          [0, 600, 9],
          [0.5, 60],
          [0, 600],
        ],
      }),
      expect: [...silentAt(595), firesAt(655, saying("50%")), ...silentAt(685)],
    },
    {
      name: "needs each of the two windows above its limit",
      proves: ["not yet"],
      given: [
        // 14 % and 18 % of the minute, 30 % and 14 % of its end.
        ...signups({
          labels: { run: "1m" },
          parts: [
            [0, 840, 9],
            [0.06, 40],
            [0.3, 60],
          ],
        }),
        ...signups({
          labels: { run: "20s" },
          parts: [
            [0, 840, 9],
            [0.2, 40],
            [0.14, 60],
          ],
        }),
        // 2.6 % and 3.8 % of five minutes, 5 % and 2.8 % of their end.
        ...signups({
          labels: { run: "5m" },
          parts: [
            [0, 600],
            [0.02, 240],
            [0.05, 100],
          ],
        }),
        ...signups({
          labels: { run: "1m-of-5" },
          parts: [
            [0, 600],
            [0.04, 240],
            [0.028, 100],
          ],
        }),
      ],
      expect: silentAt(895),
    },
    rowTest({
      name: "judges a minute and its end by all that is good and bad, and nothing else",
      everySeconds: 5,
      history: [[0, 600, 9]],
      bad: [0.2, 60],
      recoverySeconds: 25,
      says: "20%",
    }),
    rowTest({
      name: "judges five minutes and their end by all that is good and bad, and nothing else",
      everySeconds: 5,
      history: [[0, 300]],
      bad: [0.05, 305],
      recoverySeconds: 70,
      says: "5%",
    }),
    {
      name: "takes 50 signups for enough",
      proves: ["now"],
      given: [
        ...jumps({ run: "in-one" }, climb(100, 500), climb(0, 100), { seconds: 300, by: 50 }),
        ...jumps({ run: "in-five" }, hold(0, 500), { seconds: 100, by: 25 }, { seconds: 300, by: 25 }),
      ],
      expect: [
        ...silentAt(595),
        firesAt(600, saying("100%", { run: "in-five" }), saying("100%", { run: "in-one" })),
      ],
    },
    {
      name: "has its limits at 15 % of a minute and 3 % of five",
      proves: ["not yet", "now"],
      given: [
        ...signups({
          labels: { run: "1m-below" },
          parts: [
            [0, 600],
            [0.14, 60],
            [0, 300],
          ],
        }),
        ...signups({
          labels: { run: "1m-above" },
          parts: [
            [0, 600],
            [0.16, 60],
            [0, 300],
          ],
        }),
        ...signups({ labels: { run: "5m-below" }, parts: [[0.028, 900]] }),
        ...signups({ labels: { run: "5m-above" }, parts: [[0.032, 900]] }),
      ],
      expect: [firesAt(655, saying("16%", { run: "1m-above" }), saying("3.2%", { run: "5m-above" }))],
    },
    {
      name: "needs both windows: what was bad for five minutes and is good for one is over",
      proves: ["over"],
      given: signups({
        parts: [
          [0.05, 600],
          [0, 300],
        ],
      }),
      expect: [firesAt(595, saying("5%")), ...silentAt(665, 800)],
    },
    {
      name: "says nothing of what is bad for a moment only",
      proves: ["not yet"],
      given: signups({
        parts: [
          [0, 600],
          [1, 5],
          [0, 300],
        ],
      }),
      expect: silentAt(595, 600, 605, 630, 660, 800),
    },
    {
      name: "says nothing of fewer than 50 signups in a window",
      proves: ["not yet"],
      given: [
        ...signups({ labels: { run: "few" }, perSecond: 0.15, parts: [[1, 900]] }),
        ...signups({
          labels: { run: "few-in-a-minute" },
          perSecond: 0.7,
          parts: [
            [0, 540, 10],
            [1, 120],
          ],
        }),
        ...signups({ labels: { run: "enough-in-five" }, perSecond: 0.2, parts: [[1, 900]] }),
        ...signups({
          labels: { run: "enough-in-one" },
          perSecond: 1,
          parts: [
            [0, 540, 10],
            [1, 120],
          ],
        }),
      ],
      expect: [
        firesAt(535, saying("100%", { run: "enough-in-five" })),
        firesAt(600, saying("100%", { run: "enough-in-one" }), saying("100%", { run: "enough-in-five" })),
      ],
    },
    {
      name: "counts what failed and what nobody knows as bad",
      proves: ["now"],
      given: [
        ...signups({ labels: { run: "failed" }, how: "failed", parts: [[0.2, 900]] }),
        ...signups({ labels: { run: "indeterminate" }, how: "indeterminate", parts: [[0.3, 900]] }),
      ],
      expect: [firesAt(600, saying("20%", { run: "failed" }), saying("30%", { run: "indeterminate" }))],
    },
    {
      name: "is silent where nothing is counted",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 600),
    },
    {
      name: "is silent where nobody signs up",
      proves: ["not yet"],
      given: signups({ labels: { run: "nobody" }, perSecond: 0, parts: [[0, 900]] }),
      expect: silentAt(0, 600),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: signups({ begin: [climb(10, 600), hold(0, 5)], parts: [[0.01, 900]] }).filter(
        ({ series: name }) => !/failed|indeterminate/.test(name),
      ),
      expect: silentAt(595, 600, 605, 620, 700, 900),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      given: [
        series(
          "crowdproof_signups_total",
          { outcome: "acknowledged" },
          late(300),
          hold(1_000, 5),
          climb(10, 600),
        ),
        series("crowdproof_signups_total", { outcome: "failed" }, late(300), hold(900, 605)),
        series(
          "crowdproof_signup_latency_seconds_bucket",
          { le: "1.2" },
          late(300),
          hold(200, 5),
          climb(10, 600),
        ),
      ],
      expect: silentAt(300, 310, 400, 700),
    },
    {
      name: "waits for its windows when scrapes fail, and goes on when they come back",
      proves: ["late scrape"],
      given: signups({ begin: [], parts: [[0.2, 300]] }).map(({ series: name, shape }) => ({
        series: name,
        shape: [...shape, failed(120), ...shape],
      })),
      expect: [firesAt(295, saying("20%")), ...silentAt(400), firesAt(480, saying("20%"))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...signups({ labels: { run: "x", instance: "a" }, parts: [[0.4, 900]] }),
        ...signups({ labels: { run: "x", instance: "b" }, parts: [[0, 900]] }),
        ...signups({ labels: { run: "y", instance: "a" }, parts: [[0.01, 900]] }),
      ],
      expect: [firesAt(600, saying("20%", { run: "x" }))],
    },
  ],
};

const DAY = 24 * HOUR;
const SLOW_PACE = 150;

/** An hour that is slow alone, for the eight before keep the longer windows well; then this, and half an hour more. */
function slowBeforeAndAfter(between: Segment): Series[] {
  const before = signups({
    parts: [
      [0, 8 * HOUR, 100],
      [0.02, HOUR + SLOW_PACE],
    ],
  });
  const after = signups({ parts: [[0.02, HOUR / 2]] });
  return before.map(({ series: name, shape }, index) => ({
    series: name,
    shape: [...shape, between, ...(after[index]?.shape ?? [])],
  }));
}

/** The same over hours and days; scraped each two and a half minutes, or the stories would take a minute to tell. */
const THIS_MONTH: AlertTests = {
  alert: "SignupsSlowThisMonth",
  tests: [
    {
      name: "files a ticket when a fiftieth of the month's budget goes in an hour, until it is over",
      proves: ["not yet", "now", "over"],
      everySeconds: SLOW_PACE,
      given: signups({
        parts: [
          [0, 8 * HOUR, 100],
          [0.016, HOUR + SLOW_PACE],
          [0, 2 * HOUR],
        ],
      }),
      expect: [
        ...silentAt(HOUR, 8 * HOUR - SLOW_PACE),
        firesAt(9 * HOUR, saying("1.6%")),
        ...silentAt(9 * HOUR + 40 * MINUTE),
      ],
    },
    {
      name: "has its limits at 1.44 % of an hour, 0.6 % of six and 0.1 % of three days",
      proves: ["not yet", "now"],
      everySeconds: 900,
      given: [
        ...signups({
          labels: { run: "6h-below" },
          parts: [
            [0, 4 * DAY],
            [0.0055, 6 * HOUR],
            [0, 2 * HOUR],
          ],
        }),
        ...signups({
          labels: { run: "6h-above" },
          parts: [
            [0, 4 * DAY],
            [0.0065, 6 * HOUR],
            [0, 2 * HOUR],
          ],
        }),
        ...signups({ labels: { run: "3d-below" }, parts: [[0.0009, 4 * DAY + 8 * HOUR]] }),
        ...signups({ labels: { run: "3d-above" }, parts: [[0.0011, 4 * DAY + 8 * HOUR]] }),
      ],
      expect: [
        firesAt(
          4 * DAY + 6 * HOUR - 900,
          saying("0.65%", { run: "6h-above" }),
          saying("0.11%", { run: "3d-above" }),
        ),
        firesAt(4 * DAY + 7 * HOUR, saying("0.11%", { run: "3d-above" })),
      ],
    },
    rowTest({
      name: "judges an hour and its end by all that is good and bad, and nothing else",
      everySeconds: SLOW_PACE,
      history: [[0, 8 * HOUR, 100]],
      bad: [0.02, HOUR + SLOW_PACE],
      recoverySeconds: 4 * SLOW_PACE,
      says: "2%",
    }),
    rowTest({
      name: "judges six hours and their end by all that is good and bad, and nothing else",
      everySeconds: 600,
      history: [[0, 3 * DAY, 9]],
      bad: [0.009, 6 * HOUR + 600],
      recoverySeconds: 3_000,
      says: "0.9%",
    }),
    rowTest({
      name: "judges three days and their end by all that is good and bad, and nothing else",
      everySeconds: 900,
      history: [],
      bad: [0.0015, 3 * DAY + 1_800],
      recoverySeconds: 7 * HOUR,
      says: "0.15%",
    }),
    {
      name: "is silent below 1.44 % of an hour while six hours are well",
      proves: ["not yet"],
      everySeconds: SLOW_PACE,
      given: signups({
        parts: [
          [0, 8 * HOUR, 100],
          [0.013, HOUR],
          [0, 2 * HOUR],
        ],
      }),
      expect: silentAt(8 * HOUR, 9 * HOUR - SLOW_PACE, 10 * HOUR),
    },
    {
      name: "needs an hour and its last five minutes above their limit",
      proves: ["not yet"],
      everySeconds: SLOW_PACE,
      given: [
        // 1.3 % of the hour, 2 % of its end.
        ...signups({
          labels: { run: "1h" },
          parts: [
            [0, 8 * HOUR, 100],
            [0.012, 50 * MINUTE],
            [0.02, 10 * MINUTE + SLOW_PACE],
          ],
        }),
        // 1.9 % of the hour, 1.3 % of its end.
        ...signups({
          labels: { run: "5m" },
          parts: [
            [0, 8 * HOUR, 100],
            [0.02, 50 * MINUTE],
            [0.013, 10 * MINUTE + SLOW_PACE],
          ],
        }),
      ],
      expect: silentAt(9 * HOUR),
    },
    {
      name: "needs six hours and their last half above their limit",
      proves: ["not yet"],
      everySeconds: 600,
      given: [
        // 0.57 % of six hours, 0.9 % of their end.
        ...signups({
          labels: { run: "6h" },
          parts: [
            [0, 3 * DAY, 9],
            [0.005, 5 * HOUR],
            [0.009, HOUR + 600],
          ],
        }),
        // 0.84 % of six hours, 0.55 % of their end.
        ...signups({
          labels: { run: "30m" },
          parts: [
            [0, 3 * DAY, 9],
            [0.009, 5 * HOUR],
            [0.0055, HOUR + 600],
          ],
        }),
      ],
      expect: silentAt(3 * DAY + 6 * HOUR),
    },
    {
      name: "needs three days and their last six hours above their limit",
      proves: ["not yet"],
      everySeconds: 900,
      given: [
        // 0.09 % of three days, 0.2 % of their end.
        ...signups({
          labels: { run: "3d" },
          parts: [
            [0.0008, 66 * HOUR],
            [0.002, 6 * HOUR + 900],
          ],
        }),
        // 0.145 % of three days, 0.09 % of their end.
        ...signups({
          labels: { run: "6h" },
          parts: [
            [0.0015, 66 * HOUR],
            [0.0009, 6 * HOUR + 900],
          ],
        }),
      ],
      expect: silentAt(3 * DAY),
    },
    {
      name: "takes 100 signups of an hour, or of six, for enough, and tells at once, and no longer than it is so",
      proves: ["now", "over"],
      everySeconds: SLOW_PACE,
      given: [
        ...jumps({ run: "in-one" }, climb(100, 7 * HOUR), climb(0, HOUR), { seconds: HOUR, by: 100 }),
        ...jumps(
          { run: "in-six" },
          climb(100, 2 * HOUR),
          climb(0, 3 * HOUR),
          { seconds: 3 * HOUR, by: 50 },
          { seconds: HOUR, by: 50 },
        ),
      ],
      expect: [
        ...silentAt(8 * HOUR - SLOW_PACE),
        firesAt(8 * HOUR, saying("100%", { run: "in-one" }), saying("100%", { run: "in-six" })),
        ...silentAt(8 * HOUR + 30 * MINUTE),
      ],
    },
    {
      name: "takes 100 signups of three days for enough",
      proves: ["now"],
      everySeconds: 900,
      given: jumps({}, hold(0, 2 * DAY), { seconds: DAY, by: 50 }, { seconds: HOUR, by: 50 }),
      expect: [...silentAt(3 * DAY - 900), firesAt(3 * DAY, saying("100%"))],
    },
    {
      name: "says nothing of fewer than 100 signups in six hours that are bad",
      proves: ["not yet"],
      everySeconds: 600,
      given: [90, 110].flatMap((people) =>
        signups({
          labels: { run: String(people) },
          perSecond: people / (6 * HOUR),
          parts: [
            [0, 3 * DAY, 100],
            [0.02, 6 * HOUR + 600],
          ],
        }),
      ),
      expect: [firesAt(3 * DAY + 6 * HOUR, saying("2%", { run: "110" }))],
    },
    {
      name: "needs six bad hours beside three bad days, or it is over",
      proves: ["over"],
      everySeconds: 900,
      given: signups({
        parts: [
          [0.003, 3 * DAY],
          [0, DAY],
        ],
      }),
      expect: [firesAt(3 * DAY - 900, saying("0.3%")), ...silentAt(3 * DAY + 6 * HOUR + 900)],
    },
    {
      name: "says nothing of fewer than 100 signups in a window",
      proves: ["not yet"],
      everySeconds: SLOW_PACE,
      given: [
        ...signups({
          labels: { run: "few" },
          perSecond: 90 / (10 * HOUR),
          parts: [[1, 10 * HOUR + SLOW_PACE]],
        }),
        ...signups({
          labels: { run: "enough-in-six" },
          perSecond: 110 / (6 * HOUR),
          parts: [[1, 10 * HOUR + SLOW_PACE]],
        }),
        ...signups({
          labels: { run: "few-in-an-hour" },
          perSecond: 90 / HOUR,
          parts: [
            [0, 9 * HOUR, 100],
            [0.03, HOUR + SLOW_PACE],
          ],
        }),
        ...signups({
          labels: { run: "enough-in-an-hour" },
          perSecond: 110 / HOUR,
          parts: [
            [0, 9 * HOUR, 100],
            [0.03, HOUR + SLOW_PACE],
          ],
        }),
      ],
      expect: [
        firesAt(
          10 * HOUR,
          saying("100%", { run: "enough-in-six" }),
          saying("3%", { run: "enough-in-an-hour" }),
        ),
      ],
    },
    {
      name: "counts three days' signups too before it judges them",
      proves: ["not yet"],
      everySeconds: 900,
      given: [
        ...signups({ labels: { run: "few" }, perSecond: 90 / (3 * DAY), parts: [[0.004, 3 * DAY + HOUR]] }),
        ...signups({
          labels: { run: "enough" },
          perSecond: 110 / (3 * DAY),
          parts: [[0.004, 3 * DAY + HOUR]],
        }),
      ],
      expect: [firesAt(3 * DAY, saying("0.4%", { run: "enough" }))],
    },
    {
      name: "is silent where nothing is counted",
      proves: ["series absent"],
      everySeconds: SLOW_PACE,
      given: [],
      expect: silentAt(0, HOUR),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      everySeconds: SLOW_PACE,
      given: signups({ begin: [climb(10, HOUR), hold(0, SLOW_PACE)], parts: [[0.0005, HOUR]] }).filter(
        ({ series: name }) => !/failed|indeterminate/.test(name),
      ),
      expect: silentAt(HOUR - SLOW_PACE, HOUR, HOUR + SLOW_PACE, 2 * HOUR),
    },
    {
      name: "does not count what the first sample has already, and waits for it",
      proves: ["first sample"],
      everySeconds: SLOW_PACE,
      given: [
        series(
          "crowdproof_signups_total",
          { outcome: "acknowledged" },
          late(HOUR),
          hold(1_000, SLOW_PACE),
          climb(10, HOUR),
        ),
        series("crowdproof_signups_total", { outcome: "failed" }, late(HOUR), hold(900, HOUR + SLOW_PACE)),
        series(
          "crowdproof_signup_latency_seconds_bucket",
          { le: "1.2" },
          late(HOUR),
          hold(1_000, SLOW_PACE),
          climb(10, HOUR),
        ),
      ],
      expect: silentAt(HOUR, HOUR + SLOW_PACE, 2 * HOUR),
    },
    {
      name: "waits for its windows when scrapes fail, and goes on when they come back",
      proves: ["late scrape"],
      everySeconds: SLOW_PACE,
      given: slowBeforeAndAfter(failed(15 * MINUTE)),
      // The window of five minutes is empty after five, and needs two samples.
      expect: [
        firesAt(9 * HOUR, saying("2%")),
        ...silentAt(9 * HOUR + 10 * MINUTE, 9 * HOUR + 15 * MINUTE),
        firesAt(9 * HOUR + 25 * MINUTE, saying("2%")),
      ],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      everySeconds: SLOW_PACE,
      given: [
        ...signups({ labels: { run: "x", instance: "a" }, parts: [[0.04, 2 * HOUR]] }),
        ...signups({ labels: { run: "x", instance: "b" }, parts: [[0, 2 * HOUR]] }),
        ...signups({ labels: { run: "y", instance: "a" }, parts: [[0.0005, 2 * HOUR]] }),
      ],
      expect: [firesAt(2 * HOUR - SLOW_PACE, saying("2%", { run: "x" }))],
    },
  ],
};

export const BUDGET_TESTS: readonly AlertTests[] = [IN_CAMPAIGN, THIS_MONTH];
