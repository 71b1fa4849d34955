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

/** Commits in five minutes: most within 0.1 s, this share between 0.25 and 0.5 s. */
function commits(labels: Record<string, string>, count: number, slowShare: number): Series[] {
  const climbTo = (share: number) => [hold(0, 300), climb((count * share) / 300, 300), climb(0, 600)];
  const bucket = (le: string, share: number) =>
    series("crowdproof_commit_seconds_bucket", { ...labels, le }, ...climbTo(share));
  return [
    bucket("0.1", 1 - slowShare),
    bucket("0.25", 1 - slowShare),
    bucket("0.5", 1),
    bucket("+Inf", 1),
    series("crowdproof_commit_seconds_count", labels, ...climbTo(1)),
  ];
}

function commitsFrom(first: readonly Segment[], fast: number, slow: number, seconds: number): Series[] {
  const bucket = (le: string, perSecond: number) =>
    series("crowdproof_commit_seconds_bucket", { le }, ...first, climb(perSecond, seconds));
  return [
    bucket("0.1", fast),
    bucket("0.25", fast),
    bucket("0.5", fast + slow),
    bucket("+Inf", fast + slow),
    series("crowdproof_commit_seconds_count", {}, ...first, climb(fast + slow, seconds)),
  ];
}

const COMMITS_SLOW: AlertTests = {
  alert: "CommitsSlow",
  tests: [
    {
      name: "files a ticket when more than one commit in twenty has been slow for two minutes",
      proves: ["not yet", "now", "over"],
      given: [
        ...commits({ run: "barely" }, 1_000, 0.0625),
        ...commits({ run: "slow" }, 1_000, 0.1),
        ...commits({ run: "fast" }, 1_000, 0.04),
      ],
      expect: [
        ...silentAt(0, 295, 400),
        firesAt(595, saying("375ms", { run: "slow" }), saying("300ms", { run: "barely" })),
        firesAt(800, saying("375ms", { run: "slow" }), saying("300ms", { run: "barely" })),
        ...silentAt(905),
      ],
    },
    {
      name: "begins its two minutes with the first slow ones",
      proves: ["not yet", "now"],
      given: commits({}, 1_000, 1),
      expect: [...silentAt(310, 410), firesAt(445, saying("487.5ms"))],
    },
    {
      name: "says nothing of fewer than 20 commits",
      proves: ["not yet", "now"],
      given: [18, 20, 22].flatMap((count) => {
        const jump = [hold(0, 300), hold(count, 600)];
        return [
          series("crowdproof_commit_seconds_bucket", { run: `${count}`, le: "0.25" }, hold(0, 900)),
          series("crowdproof_commit_seconds_bucket", { run: `${count}`, le: "0.5" }, ...jump),
          series("crowdproof_commit_seconds_bucket", { run: `${count}`, le: "+Inf" }, ...jump),
          series("crowdproof_commit_seconds_count", { run: `${count}` }, ...jump),
        ];
      }),
      expect: [
        ...silentAt(300, 415),
        firesAt(425, saying("487.5ms", { run: "20" }), saying("487.5ms", { run: "22" })),
      ],
    },
    {
      name: "forgets commits that were slow more than five minutes ago",
      proves: ["over"],
      given: [
        series("crowdproof_commit_seconds_bucket", { le: "0.25" }, hold(0, 300), climb(1, 600)),
        series(
          "crowdproof_commit_seconds_bucket",
          { le: "0.5" },
          climb(1, 200),
          hold(200, 100),
          climb(1, 600),
        ),
        series(
          "crowdproof_commit_seconds_bucket",
          { le: "+Inf" },
          climb(1, 200),
          hold(200, 100),
          climb(1, 600),
        ),
        series("crowdproof_commit_seconds_count", {}, climb(1, 200), hold(200, 100), climb(1, 600)),
      ],
      expect: silentAt(640, 740),
    },
    {
      name: "says nothing of fewer than 20 commits in the last five minutes, however many there were before",
      proves: ["not yet", "over"],
      given: [
        series("crowdproof_commit_seconds_bucket", { le: "0.25" }, climb(1, 300), climb(0, 600)),
        series("crowdproof_commit_seconds_bucket", { le: "0.5" }, climb(1, 300), climb(0.05, 600)),
        series("crowdproof_commit_seconds_bucket", { le: "+Inf" }, climb(1, 300), climb(0.05, 600)),
        series("crowdproof_commit_seconds_count", {}, climb(1, 300), climb(0.05, 600)),
      ],
      expect: silentAt(600, 740, 860),
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
      given: commitsFrom([climb(5, 300), hold(0, 5)], 5, 0.1, 600),
      expect: silentAt(300, 305, 400, 600, 800),
    },
    {
      name: "does not count what the first sample has already, and waits for it",
      proves: ["first sample", "late scrape"],
      given: [
        series("crowdproof_commit_seconds_bucket", { le: "0.25" }, late(300), hold(0, 5), climb(5, 600)),
        series("crowdproof_commit_seconds_bucket", { le: "+Inf" }, late(300), hold(900, 5), climb(5, 600)),
        series("crowdproof_commit_seconds_count", {}, late(300), hold(900, 5), climb(5, 600)),
      ],
      expect: silentAt(300, 310, 400, 600),
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...commits({ run: "x", instance: "a" }, 500, 0.2),
        ...commits({ run: "x", instance: "b" }, 500, 0),
        ...commits({ run: "y", instance: "a" }, 500, 0.04),
        ...commits({ run: "few-each", instance: "a" }, 15, 1),
        ...commits({ run: "few-each", instance: "b" }, 15, 1),
      ],
      expect: [
        firesAt(595, saying("375ms", { run: "x" })),
        firesAt(660, saying("375ms", { run: "x" }), saying("487.5ms", { run: "few-each" })),
      ],
    },
  ],
};

const inUse = (labels: Record<string, string>, ...shape: Segment[]) => [
  metric("crowdproof_pool_connections", { ...labels, state: "busy" }, ...shape),
  metric("crowdproof_pool_connections", { ...labels, state: "waiting" }, hold(9, 900)),
  metric("crowdproof_pool_connections", { ...labels, state: "idle" }, hold(9, 900)),
  metric("crowdproof_pool_connections_limit", labels, hold(10, 900)),
];

const POOL_EXHAUSTED: AlertTests = {
  alert: "PoolExhausted",
  tests: [
    {
      name: "files a ticket when the connections have been in use for two minutes",
      proves: ["not yet", "now", "over"],
      given: [
        ...inUse({ run: "short" }, hold(0, 300), hold(9, 300), hold(0, 300)),
        ...inUse({ run: "long" }, hold(5.9, 900)),
      ],
      // The average over a minute is above six of ten after some 40 s.
      expect: [
        ...silentAt(0, 295, 400),
        firesAt(480, saying("90%", { run: "short" })),
        firesAt(595, saying("90%", { run: "short" })),
        ...silentAt(665),
      ],
    },
    {
      name: "has its limit at six of ten on average, and bears a moment of all",
      proves: ["not yet", "now"],
      given: [
        ...inUse({ run: "above" }, hold(6.1, 900)),
        ...inUse({ run: "moment" }, hold(0, 300), hold(10, 10), hold(0, 590)),
        ...inUse({ run: "at" }, hold(6, 900)),
      ],
      expect: [
        ...silentAt(55),
        firesAt(370, saying("61%", { run: "above" })),
        firesAt(800, saying("61%", { run: "above" })),
      ],
    },
    {
      name: "takes the average of a whole minute",
      proves: ["not yet", "now"],
      given: inUse({}, hold(0, 300), hold(6.6, 600)),
      // 11 of 12 or 13 samples are needed, the first at 300 s: 350 or 355 s, and two minutes more.
      expect: [...silentAt(355, 460), firesAt(500, saying("66%"))],
    },
    {
      name: "bears a moment of all now and then",
      proves: ["not yet"],
      given: inUse({}, ...Array.from({ length: 12 }, () => [hold(10, 5), hold(0, 45)]).flat()),
      expect: silentAt(60, 200, 400, 590),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "is over with a restart whose pool is well",
      proves: ["reset"],
      given: inUse({}, hold(9, 300), failed(10), hold(0, 300)),
      expect: [firesAt(295, saying("90%")), ...silentAt(375)],
    },
    {
      name: "counts from the first sample, however late it comes",
      proves: ["first sample", "late scrape"],
      given: inUse({}, late(300), hold(9, 300)),
      expect: [...silentAt(300, 415), firesAt(420, saying("90%"))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...inUse({ run: "x", instance: "a" }, hold(7, 300)),
        ...inUse({ run: "x", instance: "b" }, hold(5.5, 300)),
        ...inUse({ run: "y", instance: "a" }, hold(5.5, 300)),
      ],
      expect: [firesAt(200, saying("62.5%", { run: "x" }))],
    },
  ],
};

const lag = (labels: Record<string, string>, ...shape: Segment[]) =>
  metric("crowdproof_event_loop_lag_seconds", labels, ...shape);

const EVENT_LOOP_LAGS: AlertTests = {
  alert: "EventLoopLags",
  tests: [
    {
      name: "files a ticket when a worker has come late for two minutes",
      proves: ["not yet", "now", "over"],
      given: [
        lag({ run: "late" }, hold(0.01, 300), hold(0.3, 300), hold(0.01, 300)),
        lag({ run: "well" }, hold(0.24, 900)),
      ],
      expect: [
        ...silentAt(0, 300, 415),
        firesAt(420, saying("300ms", { run: "late" })),
        firesAt(595, saying("300ms", { run: "late" })),
        ...silentAt(600),
      ],
    },
    {
      name: "has its limit at 0.25 s",
      proves: ["not yet"],
      given: [lag({ run: "at" }, hold(0.25, 300)), lag({ run: "above" }, hold(0.26, 300))],
      expect: [firesAt(200, saying("260ms", { run: "above" }))],
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "begins its two minutes anew after a restart",
      proves: ["reset", "late scrape"],
      given: [lag({}, hold(0.3, 200), failed(10), hold(0.3, 300))],
      expect: [firesAt(195, saying("300ms")), ...silentAt(200, 210, 325), firesAt(330, saying("300ms"))],
    },
    {
      name: "counts from the first sample",
      proves: ["first sample"],
      given: [lag({}, late(300), hold(0.3, 300))],
      expect: [...silentAt(300, 415), firesAt(420, saying("300ms"))],
    },
    {
      name: "takes the instance that lags most and keeps runs apart",
      proves: ["several instances"],
      given: [
        lag({ run: "x", instance: "a" }, hold(0.3, 300)),
        lag({ run: "x", instance: "b" }, hold(0.2, 300)),
        lag({ run: "y", instance: "a" }, hold(0.2, 300)),
        lag({ run: "y", instance: "b" }, hold(0.2, 300)),
      ],
      expect: [firesAt(200, saying("300ms", { run: "x" }))],
    },
  ],
};

interface Workers {
  readonly labels?: Record<string, string>;
  readonly serving: readonly Segment[];
  readonly deploying?: readonly Segment[];
}

const workers = ({ labels = {}, serving, deploying = [hold(0, 900)] }: Workers): Series[] => [
  metric("crowdproof_workers_wanted", { instance: "a", ...labels }, hold(2, 900)),
  metric("crowdproof_workers", { instance: "a", ...labels, state: "serving" }, ...serving),
  metric("crowdproof_workers", { instance: "a", ...labels, state: "starting" }, hold(2, 900)),
  metric("crowdproof_workers", { instance: "a", ...labels, state: "leaving" }, hold(2, 900)),
  metric("crowdproof_deploying", { instance: "a", ...labels }, ...deploying),
];

const WORKER_MISSING: AlertTests = {
  alert: "WorkerMissing",
  tests: [
    {
      name: "fires when a worker has been missing for 15 s, until there is another",
      proves: ["not yet", "now", "over"],
      given: workers({ serving: [hold(2, 300), hold(1, 300), hold(2, 300)] }),
      expect: [
        ...silentAt(0, 295, 310),
        firesAt(315, saying("1", { instance: "a" })),
        firesAt(595, saying("1", { instance: "a" })),
        ...silentAt(600),
      ],
    },
    {
      name: "bears a worker that is replaced within 10 s, and one more than wanted",
      proves: ["not yet"],
      given: workers({ serving: [hold(2, 300), hold(1, 10), hold(3, 300)] }),
      expect: silentAt(305, 310, 320, 500),
    },
    {
      name: "is silent during a rolling restart, and fires when one is missing after it",
      proves: ["not yet", "now"],
      given: workers({
        serving: [hold(2, 300), hold(1, 600)],
        deploying: [hold(0, 300), hold(1, 300), hold(0, 300)],
      }),
      expect: [...silentAt(330, 595, 605), firesAt(615, saying("1", { instance: "a" }))],
    },
    {
      name: "fires where nobody tells of restarts, and is silent where nobody tells of workers",
      proves: ["series absent"],
      given: workers({ serving: [hold(0, 900)] }).filter(({ series: name }) => !name.includes("deploying")),
      expect: [firesAt(100, saying("2", { instance: "a" }))],
    },
    {
      name: "counts from the first sample, however late it comes",
      proves: ["first sample", "late scrape"],
      given: workers({ serving: [late(300), hold(1, 300)] }),
      expect: [...silentAt(300, 310), firesAt(315, saying("1", { instance: "a" }))],
    },
    {
      name: "gives a restarted service its 15 s",
      proves: ["reset"],
      given: workers({ serving: [hold(2, 300), failed(10), hold(0, 10), hold(2, 300)] }),
      expect: silentAt(310, 315, 320, 400),
    },
    {
      name: "looks at each instance of each run for itself",
      proves: ["several instances"],
      given: [
        ...workers({ serving: [hold(1, 900)] }),
        ...workers({ labels: { instance: "b" }, serving: [hold(3, 900)] }),
        ...workers({ labels: { instance: "c" }, serving: [hold(0, 900)], deploying: [hold(1, 900)] }),
        ...workers({
          labels: { instance: "e", run: "x" },
          serving: [hold(0, 900)],
          deploying: [hold(1, 900)],
        }),
        ...workers({ labels: { instance: "d", run: "x" }, serving: [hold(0, 900)] }),
        ...workers({ labels: { instance: "d", run: "y" }, serving: [hold(2, 900)] }),
      ],
      expect: [firesAt(100, saying("1", { instance: "a" }), saying("2", { instance: "d", run: "x" }))],
    },
    {
      name: "believes the job that sees more workers serve, for the other one looked earlier",
      proves: ["several instances"],
      given: [
        ...workers({ labels: { job: "service" }, serving: [hold(1, 900)] }),
        ...workers({ labels: { job: "anomalies" }, serving: [hold(2, 900)] }),
      ],
      expect: silentAt(100, 300),
    },
    {
      name: "counts a process once that two jobs scrape",
      proves: ["several instances"],
      given: [
        ...workers({
          labels: { job: "service" },
          serving: [hold(1, 900)],
          deploying: [hold(0, 300), hold(1, 600)],
        }),
        ...workers({
          labels: { job: "anomalies" },
          serving: [hold(1, 900)],
          deploying: [hold(0, 305), hold(1, 600)],
        }),
      ],
      expect: [firesAt(100, saying("1", { instance: "a" })), ...silentAt(300, 400)],
    },
  ],
};

interface Load {
  readonly labels?: Record<string, string>;
  readonly capacity: readonly Segment[];
  readonly plan?: readonly Segment[];
  readonly offered?: readonly Segment[];
}

const load = ({
  labels = {},
  capacity,
  plan = [hold(0, 3_000)],
  offered = [climb(1, 3_000)],
}: Load): Series[] => [
  metric("crowdproof_capacity_signups_per_second", labels, ...capacity),
  metric("crowdproof_plan_visitors_per_second", labels, ...plan),
  metric("crowdproof_offered_signups_total", labels, ...offered),
];

/** Climbing by so much more each minute. */
const accelerating = (perSecondEachMinute: number, minutes: number): Segment[] =>
  Array.from({ length: minutes }, (_, minute) => climb(perSecondEachMinute * minute, 60));

const CAPACITY_NEAR: AlertTests = {
  alert: "CapacityNear",
  tests: [
    {
      name: "files a ticket when the plan is near the capacity that was measured, until there is more",
      proves: ["not yet", "now", "over"],
      everySeconds: 15,
      given: load({ capacity: [hold(0, 300), hold(100, 300), hold(200, 300)], plan: [hold(90, 900)] }),
      expect: [
        ...silentAt(0, 285, 405),
        firesAt(420, saying("90%", { because: "plan" })),
        firesAt(585, saying("90%", { because: "plan" })),
        ...silentAt(600),
      ],
    },
    {
      name: "has its limit at 80 % of the capacity",
      proves: ["not yet", "now"],
      everySeconds: 15,
      given: [
        ...load({ labels: { run: "below" }, capacity: [hold(100, 900)], plan: [hold(78, 900)] }),
        ...load({ labels: { run: "above" }, capacity: [hold(100, 900)], plan: [hold(82, 900)] }),
        ...load({ labels: { run: "no-plan" }, capacity: [hold(100, 900)] }),
        ...load({ labels: { run: "at" }, capacity: [hold(100, 900)], plan: [hold(80, 900)] }),
        ...load({
          labels: { run: "tiny" },
          capacity: [hold(0.5, 900)],
          plan: [hold(1, 900)],
          offered: [hold(0, 900)],
        }),
        ...load({ labels: { run: "tiny-trend" }, capacity: [hold(0.5, 900)], offered: [climb(0.45, 900)] }),
      ],
      expect: [
        firesAt(
          870,
          saying("82%", { run: "above", because: "plan" }),
          saying("200%", { run: "tiny", because: "plan" }),
          saying("90%", { run: "tiny-trend", because: "trend" }),
        ),
      ],
    },
    {
      name: "files a ticket when the last ten minutes lead there in ten more",
      proves: ["not yet", "now"],
      everySeconds: 15,
      given: [
        // 2 a second more each minute: 48/s after 25 minutes, 68/s ten minutes later.
        ...load({ labels: { run: "near" }, capacity: [hold(80, 3_000)], offered: accelerating(2, 26) }),
        ...load({ labels: { run: "far" }, capacity: [hold(88, 3_000)], offered: accelerating(2, 26) }),
        // What rises for five minutes only: ten lead to less.
        ...load({
          labels: { run: "lately" },
          capacity: [hold(48, 3_000)],
          offered: [
            climb(26, 1_200),
            ...[26, 27, 28, 29, 30].map((perSecond) => climb(perSecond, 60)),
            climb(31, 15),
          ],
        }),
        // A jump that looks steep, but half of the capacity is left.
        ...load({
          labels: { run: "jump" },
          capacity: [hold(50, 3_000)],
          offered: [climb(0, 900), climb(24, 900)],
        }),
        ...load({ labels: { run: "steady" }, capacity: [hold(50, 3_000)], offered: [climb(38, 3_000)] }),
        ...load({ labels: { run: "over" }, capacity: [hold(50, 3_000)], offered: [climb(42, 3_000)] }),
      ],
      expect: [
        firesAt(1_200, saying("84%", { run: "over", because: "trend" })),
        firesAt(
          1_500,
          sayingSomething({ run: "near", because: "trend" }),
          sayingSomething({ run: "over", because: "trend" }),
        ),
      ],
    },
    {
      name: "says nothing while no capacity was measured, or where nobody tells",
      proves: ["series absent"],
      everySeconds: 15,
      given: load({ capacity: [hold(0, 900)], plan: [hold(90, 900)] }),
      expect: silentAt(0, 600),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      everySeconds: 15,
      given: load({ capacity: [hold(100, 900)], offered: [climb(60, 600), hold(0, 15), climb(60, 285)] }),
      expect: silentAt(585, 600, 660, 885),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample", "late scrape"],
      everySeconds: 15,
      given: load({ capacity: [hold(100, 900)], offered: [late(300), hold(90_000, 15), climb(10, 585)] }),
      expect: silentAt(300, 330, 450, 885),
    },
    {
      name: "adds the instances' capacity up, takes one of their plans, and keeps runs apart",
      proves: ["several instances"],
      everySeconds: 15,
      given: [
        ...load({ labels: { run: "x", instance: "a" }, capacity: [hold(50, 900)], plan: [hold(90, 900)] }),
        ...load({ labels: { run: "x", instance: "b" }, capacity: [hold(50, 900)], plan: [hold(50, 900)] }),
        ...load({ labels: { run: "y", instance: "a" }, capacity: [hold(90, 900)], plan: [hold(60, 900)] }),
      ],
      expect: [firesAt(600, saying("90%", { run: "x", because: "plan" }))],
    },
  ],
};

const CAMPAIGN_OVER_PLAN: AlertTests = {
  alert: "CampaignOverPlan",
  tests: [
    {
      name: "files a ticket when a fifth more than planned have been coming for a minute",
      proves: ["not yet", "now", "over"],
      given: load({
        capacity: [],
        plan: [hold(10, 900)],
        offered: [climb(10, 300), climb(20, 300), climb(10, 300)],
      }),
      // The rate over a minute is above 12 after 15 s.
      expect: [
        ...silentAt(295, 365),
        firesAt(385, saying("200%")),
        firesAt(595, saying("200%")),
        ...silentAt(655),
      ],
    },
    {
      name: "has its limit at 120 % of the plan, and says nothing without one",
      proves: ["not yet", "now"],
      given: [
        ...load({
          labels: { run: "below" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(11.8, 900)],
        }),
        ...load({
          labels: { run: "above" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(12.2, 900)],
        }),
        ...load({ labels: { run: "no-plan" }, capacity: [], offered: [climb(12, 900)] }),
      ],
      expect: [firesAt(300, saying("122%", { run: "above" }))],
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: load({
        capacity: [],
        plan: [hold(10, 900)],
        offered: [climb(9, 300), hold(0, 5), climb(9, 595)],
      }),
      expect: silentAt(300, 305, 350, 400),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      given: load({
        capacity: [],
        plan: [hold(10, 900)],
        offered: [late(300), hold(9_000, 5), climb(9, 595)],
      }),
      expect: silentAt(300, 310, 380, 500),
    },
    {
      name: "begins its minute anew when scrapes fail",
      proves: ["late scrape"],
      given: load({
        capacity: [],
        plan: [hold(10, 300), failed(120), hold(10, 480)],
        offered: [climb(20, 300), failed(120), climb(20, 480)],
      }),
      expect: [firesAt(295, saying("200%")), ...silentAt(310, 420, 500), firesAt(560, saying("200%"))],
    },
    {
      name: "adds instances up, takes one of their plans, and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...load({
          labels: { run: "x", instance: "a" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(8, 900)],
        }),
        ...load({
          labels: { run: "x", instance: "b" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(8, 900)],
        }),
        ...load({
          labels: { run: "y", instance: "a" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(8, 900)],
        }),
      ],
      expect: [firesAt(300, saying("160%", { run: "x" }))],
    },
  ],
};

export const CAPACITY_TESTS: readonly AlertTests[] = [
  COMMITS_SLOW,
  POOL_EXHAUSTED,
  EVENT_LOOP_LAGS,
  WORKER_MISSING,
  CAPACITY_NEAR,
  CAMPAIGN_OVER_PLAN,
];
