import {
  type AlertTests,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Segment,
  saying,
  sayingSomething,
  silentAt,
} from "../../rule-test.ts";

const inUse = (labels: Record<string, string>, ...shape: Segment[]) => [
  metric("crowdproof_pool_connections", { ...labels, state: "busy" }, ...shape),
  metric("crowdproof_pool_connections", { ...labels, state: "waiting" }, hold(9, 900)),
  metric("crowdproof_pool_connections", { ...labels, state: "idle" }, hold(9, 900)),
  metric("crowdproof_pool_connections_limit", labels, hold(10, 900)),
];

export const POOL_EXHAUSTED: AlertTests = {
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
      name: "counts what is in use by and by, and not only what always is",
      proves: ["now"],
      given: inUse({}, ...Array.from({ length: 45 }, () => [hold(10, 5), hold(4, 5)]).flat()),
      expect: [firesAt(300, sayingSomething({}))],
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
      proves: ["first sample"],
      given: inUse({}, late(300), hold(9, 300)),
      expect: [...silentAt(300, 415), firesAt(420, saying("90%"))],
    },
    {
      name: "counts from the scrape that comes back when some failed",
      proves: ["late scrape"],
      given: inUse({}, hold(0, 300), failed(60), hold(9, 300)),
      expect: [...silentAt(295, 360, 475), firesAt(480, saying("90%"))],
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
