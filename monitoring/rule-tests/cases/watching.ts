import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Segment,
  saying,
  series,
  silentAt,
} from "../rule-test.ts";

const up = (job: string, instance: string, ...shape: Segment[]) => series("up", { job, instance }, ...shape);

const TARGET_DOWN: AlertTests = {
  alert: "TargetDown",
  tests: [
    {
      name: "fires when a target has not answered for 15 s, until it does",
      proves: ["not yet", "now", "over"],
      given: [up("service", "a", hold(1, 300), hold(0, 300), hold(1, 300))],
      expect: [
        ...silentAt(0, 295, 300, 310),
        firesAt(315, saying("0", { job: "service", instance: "a" })),
        firesAt(595, saying("0", { job: "service", instance: "a" })),
        ...silentAt(600),
      ],
    },
    {
      name: "bears two scrapes that fail",
      proves: ["not yet"],
      given: [up("service", "a", hold(1, 300), hold(0, 15), hold(1, 300))],
      expect: silentAt(300, 310, 315, 400),
    },
    {
      name: "fires where nothing is scraped that people use",
      proves: ["series absent"],
      given: [up("prometheus", "p", hold(1, 600))],
      expect: [
        ...silentAt(0, 10),
        firesAt(15, saying("0", { job: "service or probe" })),
        firesAt(300, saying("0", { job: "service or probe" })),
      ],
    },
    {
      name: "is content with a probe alone",
      proves: ["not yet"],
      given: [up("probe", "p", hold(1, 600))],
      expect: silentAt(0, 15, 300),
    },
    {
      name: "begins its 15 s anew with a target that came back in between",
      proves: ["reset"],
      given: [up("service", "a", hold(1, 300), hold(0, 10), hold(1, 5), hold(0, 300))],
      expect: [...silentAt(315, 325), firesAt(330, saying("0", { job: "service", instance: "a" }))],
    },
    {
      name: "counts from the first scrape, however late it is",
      proves: ["first sample"],
      given: [up("service", "a", hold(1, 600)), up("probe", "b", late(300), hold(0, 300))],
      expect: [...silentAt(300, 310), firesAt(315, saying("0", { job: "probe", instance: "b" }))],
    },
    {
      // A scrape that fails is told by up itself: there is a gap in it where Prometheus was away.
      name: "counts its 15 s from the first scrape after Prometheus was away",
      proves: ["late scrape"],
      given: [up("service", "a", hold(1, 300), late(60), hold(0, 300))],
      expect: [...silentAt(355, 360, 370), firesAt(375, saying("0", { job: "service", instance: "a" }))],
    },
    {
      name: "tells each target for itself",
      proves: ["several instances"],
      given: [
        up("service", "a", hold(1, 600)),
        up("service", "b", hold(0, 600)),
        up("receiver", "c", hold(0, 600)),
      ],
      expect: [
        firesAt(
          300,
          saying("0", { job: "service", instance: "b" }),
          saying("0", { job: "receiver", instance: "c" }),
        ),
      ],
    },
  ],
};

const seen = (labels: Record<string, string>, ...shape: Segment[]) =>
  metric("crowdproof_probe_last_positive_timestamp_seconds", { target: "shop", ...labels }, ...shape);

const PROBE_SILENT: AlertTests = {
  alert: "ProbeSilent",
  tests: [
    {
      name: "fires when no visitor has seen their own data for three minutes and one more, until one does",
      proves: ["not yet", "now", "over"],
      given: [seen({}, climb(1, 300), hold(300, 600), hold(900, 100))],
      expect: [
        ...silentAt(295, 480, 540),
        firesAt(545, saying("4m 5s", { target: "shop" })),
        firesAt(895, saying("9m 55s", { target: "shop" })),
        ...silentAt(900),
      ],
    },
    {
      name: "gives a probe that starts its minute, and fires when nobody ever saw anything",
      proves: ["first sample"],
      given: [seen({}, late(600), hold(0, 600))],
      expect: [...silentAt(600, 655), firesAt(660, saying("11m 0s", { target: "shop" }))],
    },
    {
      name: "is silent when a new probe sees its first data within its minute",
      proves: ["reset"],
      given: [seen({}, climb(1, 600), hold(0, 55), hold(655, 100))],
      expect: silentAt(600, 650, 655, 700),
    },
    {
      name: "is silent where there is no probe",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 600),
    },
    {
      name: "bears scrapes that fail, which a target that is down tells, and gives what is old then its minute",
      proves: ["late scrape"],
      given: [
        seen({}, climb(1, 300), failed(300), hold(599, 100)),
        seen({ target: "club" }, climb(1, 300), failed(300), hold(300, 100)),
      ],
      expect: [...silentAt(400, 595, 600, 655), firesAt(660, saying("6m 0s", { target: "club" }))],
    },
    {
      name: "tells each target for itself, and believes the probe that saw something last",
      proves: ["several instances"],
      given: [
        seen({ instance: "a" }, hold(100, 900)),
        seen({ instance: "b" }, climb(1, 900)),
        seen({ target: "club", instance: "a" }, hold(100, 900)),
        seen({ target: "club", instance: "b" }, hold(90, 900)),
        seen({ target: "club", instance: "a", run: "x" }, hold(200, 900)),
      ],
      expect: [
        firesAt(600, saying("8m 20s", { target: "club" }), saying("6m 40s", { target: "club", run: "x" })),
      ],
    },
  ],
};

const looked = (labels: Record<string, string>, ...shape: Segment[]) =>
  metric("crowdproof_auditor_last_look_timestamp_seconds", labels, ...shape);

const AUDITOR_STALE: AlertTests = {
  alert: "AuditorStale",
  tests: [
    {
      name: "fires when the last look is more than 15 s old for 5 s, until there is another",
      proves: ["not yet", "now", "over"],
      given: [looked({}, climb(1, 300), hold(299, 300), hold(599, 300))],
      expect: [
        ...silentAt(295, 310, 315),
        firesAt(320, saying("21s")),
        firesAt(595, saying("4m 56s")),
        ...silentAt(600),
      ],
    },
    {
      name: "has its limit at 15 s",
      proves: ["not yet"],
      given: [looked({ run: "at" }, hold(285, 400)), looked({ run: "old" }, hold(284, 400))],
      expect: [
        ...silentAt(295),
        firesAt(305, saying("21s", { run: "old" })),
        firesAt(310, saying("25s", { run: "at" }), saying("26s", { run: "old" })),
      ],
    },
    {
      name: "fires when the first sample comes late and no look ever ended well",
      proves: ["first sample"],
      given: [looked({}, late(300), hold(0, 300))],
      expect: [...silentAt(295, 300), firesAt(305, saying("5m 5s"))],
    },
    {
      name: "fires when nobody looked while scrapes failed",
      proves: ["late scrape"],
      given: [looked({}, climb(1, 300), failed(60), hold(300, 300))],
      expect: [...silentAt(295, 300, 355, 360), firesAt(365, saying("1m 5s"))],
    },
    {
      name: "fires with the second in which five are over",
      proves: ["not yet", "now"],
      everySeconds: 1,
      given: [looked({}, climb(1, 30), hold(30, 60))],
      expect: [...silentAt(46, 50), firesAt(51, saying("21s"))],
    },
    {
      name: "gives a restarted service its 5 s",
      proves: ["reset"],
      given: [looked({}, climb(1, 300), hold(0, 5), hold(304, 10))],
      expect: silentAt(300, 305, 310),
    },
    {
      name: "is silent where there is no service, which a target that is down tells",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 300),
    },
    {
      name: "believes the instance that looked last, and keeps runs apart",
      proves: ["several instances"],
      given: [
        looked({ run: "x", instance: "a" }, hold(10, 300)),
        looked({ run: "x", instance: "b" }, climb(1, 300)),
        looked({ run: "y", instance: "a" }, hold(10, 300)),
        looked({ run: "y", instance: "b" }, hold(20, 300)),
      ],
      expect: [firesAt(100, saying("1m 20s", { run: "y" }))],
    },
  ],
};

const failures = (group: string, ...shape: Segment[]) =>
  series("prometheus_rule_evaluation_failures_total", { rule_group: group, job: "prometheus" }, ...shape);

const RULE_FAILING: AlertTests = {
  alert: "RuleFailing",
  tests: [
    {
      name: "fires with the first rule that cannot be evaluated, for five minutes",
      proves: ["not yet", "now", "over"],
      given: [failures("r.yml;identity", hold(0, 400), hold(3, 600))],
      expect: [
        ...silentAt(0, 395),
        firesAt(400, saying("3", { rule_group: "r.yml;identity" })),
        firesAt(690, saying("3", { rule_group: "r.yml;identity" })),
        ...silentAt(705),
      ],
    },
    {
      name: "is silent where Prometheus does not watch itself",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 300),
    },
    {
      name: "takes a restart for what it is, and no first sample for a failure",
      proves: ["reset", "first sample"],
      given: [
        failures("r.yml;identity", hold(7, 400), hold(0, 300)),
        failures("r.yml;budget", late(300), hold(5, 400)),
      ],
      expect: silentAt(0, 300, 305, 400, 405, 600),
    },
    {
      name: "fires for a single failure",
      proves: ["now"],
      given: [failures("r.yml;identity", hold(0, 400), hold(1, 600))],
      expect: [...silentAt(395), firesAt(400, saying("1", { rule_group: "r.yml;identity" }))],
    },
    {
      name: "sees what failed while scrapes failed",
      proves: ["late scrape"],
      given: [failures("r.yml;identity", hold(0, 400), failed(60), hold(2, 300))],
      expect: [...silentAt(455), firesAt(460, saying("2", { rule_group: "r.yml;identity" }))],
    },
    {
      name: "tells each group, of all instances together",
      proves: ["several instances"],
      given: ["a", "b"].flatMap((instance) => [
        series(
          "prometheus_rule_evaluation_failures_total",
          { rule_group: "r.yml;budget", instance },
          climb(0.1, 600),
        ),
        series(
          "prometheus_rule_evaluation_failures_total",
          { rule_group: "r.yml;identity", instance },
          hold(0, 600),
        ),
      ]),
      expect: [firesAt(500, saying("60", { rule_group: "r.yml;budget" }))],
    },
  ],
};

const known = (instance: string, ...shape: Segment[]) =>
  series("prometheus_notifications_alertmanagers_discovered", { instance }, ...shape);
const undelivered = (instance: string, ...shape: Segment[]) =>
  series("prometheus_notifications_errors_total", { instance, alertmanager: "http://m" }, ...shape);

const ALERTMANAGER_UNREACHABLE: AlertTests = {
  alert: "AlertmanagerUnreachable",
  tests: [
    {
      name: "fires when no Alertmanager has been known for 15 s, until one is",
      proves: ["not yet", "now", "over"],
      given: [known("p", hold(1, 300), hold(0, 300), hold(1, 300)), undelivered("p", hold(0, 900))],
      expect: [
        ...silentAt(0, 295, 310),
        firesAt(315, saying("0", { instance: "p" })),
        firesAt(595, saying("0", { instance: "p" })),
        ...silentAt(600),
      ],
    },
    {
      name: "fires when deliveries fail, until they have gone well for a minute",
      proves: ["not yet", "now", "over"],
      given: [known("p", hold(1, 900)), undelivered("p", hold(0, 300), climb(0.2, 300), climb(0, 300))],
      expect: [
        ...silentAt(295, 310),
        firesAt(320, saying("5", { instance: "p" })),
        firesAt(400, saying("12", { instance: "p" })),
        ...silentAt(665),
      ],
    },
    {
      name: "fires for a single delivery that failed, when its target was known all the time",
      proves: ["now"],
      given: [known("p", hold(1, 900)), undelivered("p", hold(0, 300), hold(1, 300))],
      expect: [
        ...silentAt(295, 310),
        firesAt(330, saying("1", { instance: "p" })),
        firesAt(345, saying("1", { instance: "p" })),
        ...silentAt(365),
      ],
    },
    {
      name: "is silent where Prometheus does not watch itself, and needs no failure series",
      proves: ["series absent"],
      given: [known("p", hold(1, 300))],
      expect: silentAt(0, 200),
    },
    {
      name: "takes a restart for what it is, and no first sample for a failure",
      proves: ["reset", "first sample"],
      given: [
        known("p", hold(1, 600)),
        undelivered("p", hold(9, 300), hold(0, 300)),
        undelivered("q", late(300), hold(9, 300)),
      ],
      expect: silentAt(300, 305, 330, 400),
    },
    {
      name: "sees what failed while scrapes failed",
      proves: ["late scrape"],
      given: [known("p", hold(1, 600)), undelivered("p", hold(0, 300), failed(20), climb(0.2, 300))],
      expect: [...silentAt(315, 330), firesAt(340, saying("5", { instance: "p" }))],
    },
    {
      name: "tells each Prometheus, with all its Alertmanagers together",
      proves: ["several instances"],
      given: [
        known("p", hold(0, 300)),
        known("q", hold(2, 300)),
        series(
          "prometheus_notifications_errors_total",
          { instance: "q", alertmanager: "http://m" },
          climb(0.2, 300),
        ),
        series(
          "prometheus_notifications_errors_total",
          { instance: "q", alertmanager: "http://n" },
          climb(0.1, 300),
        ),
        known("r", hold(2, 300)),
      ],
      expect: [firesAt(200, saying("0", { instance: "p" }), saying("18", { instance: "q" }))],
    },
  ],
};

const pushes = (labels: Record<string, string>, outcome: "failed" | "delivered", ...shape: Segment[]) =>
  metric("crowdproof_pushes_total", { ...labels, outcome }, ...shape);

const PUSH_FAILING: AlertTests = {
  alert: "PushFailing",
  tests: [
    {
      name: "files a ticket with the first push that fails, for five minutes",
      proves: ["not yet", "now", "over"],
      given: [pushes({}, "failed", hold(0, 400), hold(1, 600)), pushes({}, "delivered", climb(1, 1_000))],
      expect: [...silentAt(0, 395), firesAt(400, saying("1")), firesAt(690, saying("1")), ...silentAt(705)],
    },
    {
      name: "is silent while all are delivered",
      proves: ["not yet"],
      given: [pushes({}, "failed", hold(0, 600)), pushes({}, "delivered", climb(1, 600))],
      expect: silentAt(300, 595),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "takes a restart for what it is, and no first sample for a failure",
      proves: ["reset", "first sample"],
      given: [
        pushes({ run: "x" }, "failed", hold(4, 400), hold(0, 300)),
        pushes({ run: "y" }, "failed", late(300), hold(4, 400)),
      ],
      expect: silentAt(0, 300, 305, 400, 405, 600),
    },
    {
      name: "sees what failed while scrapes failed",
      proves: ["late scrape"],
      given: [pushes({}, "failed", hold(0, 400), failed(60), hold(2, 300))],
      expect: [...silentAt(455), firesAt(460, saying("2"))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        pushes({ run: "x", instance: "a" }, "failed", climb(0.1, 600)),
        pushes({ run: "x", instance: "b" }, "failed", climb(0.1, 600)),
        pushes({ run: "y", instance: "b" }, "failed", hold(0, 600)),
      ],
      expect: [firesAt(500, saying("60", { run: "x" }))],
    },
  ],
};

const givenUp = (instance: string, integration: string, ...shape: Segment[]) =>
  series("alertmanager_notifications_failed_total", { instance, integration, reason: "other" }, ...shape);

const NOTIFICATIONS_FAILING: AlertTests = {
  alert: "NotificationsFailing",
  tests: [
    {
      name: "fires with the first notification that is given up, for five minutes",
      proves: ["not yet", "now", "over"],
      given: [givenUp("m", "webhook", hold(0, 400), hold(1, 600)), givenUp("m", "slack", hold(0, 1_000))],
      expect: [
        ...silentAt(0, 395),
        firesAt(400, saying("1", { instance: "m", integration: "webhook" })),
        firesAt(690, saying("1", { instance: "m", integration: "webhook" })),
        ...silentAt(705),
      ],
    },
    {
      name: "is silent where nobody watches Alertmanager",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 300),
    },
    {
      name: "takes a restart for what it is, and no first sample for a failure",
      proves: ["reset", "first sample"],
      given: [
        givenUp("m", "webhook", hold(4, 400), hold(0, 300)),
        givenUp("n", "webhook", late(300), hold(4, 400)),
      ],
      expect: silentAt(0, 300, 305, 400, 405, 600),
    },
    {
      name: "sees what failed while scrapes failed",
      proves: ["late scrape"],
      given: [givenUp("m", "webhook", hold(0, 400), failed(60), hold(2, 300))],
      expect: [...silentAt(455), firesAt(460, saying("2", { instance: "m", integration: "webhook" }))],
    },
    {
      name: "adds the reasons up, and keeps instances and ways apart",
      proves: ["several instances"],
      given: [
        givenUp("m", "webhook", climb(0.1, 600)),
        series(
          "alertmanager_notifications_failed_total",
          { instance: "m", integration: "webhook", reason: "clientError" },
          climb(0.1, 600),
        ),
        givenUp("m", "slack", climb(0.2, 600)),
        givenUp("n", "webhook", climb(0.3, 600)),
        givenUp("n", "slack", hold(3, 600)),
      ],
      expect: [
        firesAt(
          500,
          saying("60", { instance: "m", integration: "webhook" }),
          saying("60", { instance: "m", integration: "slack" }),
          saying("90", { instance: "n", integration: "webhook" }),
        ),
      ],
    },
  ],
};

const WATCHDOG: AlertTests = {
  alert: "Watchdog",
  tests: [
    {
      name: "fires from the first moment on, whatever is there",
      proves: ["now", "series absent"],
      given: [],
      expect: [firesAt(0, saying("0")), firesAt(600, saying("600"))],
    },
  ],
  without: {
    "not yet": "it always fires",
    over: "it never ends",
    reset: "it reads no series",
    "first sample": "it reads no series",
    "late scrape": "it reads no series",
    "several instances": "it reads no series",
  },
};

export const WATCHING_TESTS: readonly AlertTests[] = [
  TARGET_DOWN,
  PROBE_SILENT,
  AUDITOR_STALE,
  RULE_FAILING,
  ALERTMANAGER_UNREACHABLE,
  NOTIFICATIONS_FAILING,
  PUSH_FAILING,
  WATCHDOG,
];
