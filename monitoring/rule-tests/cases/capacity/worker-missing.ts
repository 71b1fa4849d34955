import {
  type AlertTests,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Segment,
  type Series,
  saying,
  silentAt,
} from "../../rule-test.ts";

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
  metric("crowdproof_workers", { instance: "a", ...labels, state: "silent" }, hold(2, 900)),
  metric("crowdproof_deploying", { instance: "a", ...labels }, ...deploying),
];

export const WORKER_MISSING: AlertTests = {
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
      proves: ["first sample"],
      given: workers({ serving: [late(300), hold(1, 300)] }),
      expect: [...silentAt(300, 310), firesAt(315, saying("1", { instance: "a" }))],
    },
    {
      name: "counts its 15 s from the scrape that comes back when some failed",
      proves: ["late scrape"],
      given: workers({ serving: [hold(2, 300), failed(60), hold(1, 300)] }),
      expect: [...silentAt(300, 355, 360, 370), firesAt(375, saying("1", { instance: "a" }))],
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
      proves: ["not yet"],
      given: [
        ...workers({ labels: { job: "service" }, serving: [hold(1, 900)] }),
        ...workers({ labels: { job: "anomalies" }, serving: [hold(2, 900)] }),
      ],
      expect: silentAt(100, 300),
    },
    {
      name: "counts a process once that two jobs scrape",
      proves: ["now", "over"],
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
