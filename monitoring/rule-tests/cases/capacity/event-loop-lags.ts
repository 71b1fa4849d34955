import {
  type AlertTests,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Segment,
  saying,
  silentAt,
} from "../../rule-test.ts";

const lag = (labels: Record<string, string>, ...shape: Segment[]) =>
  metric("crowdproof_event_loop_lag_seconds", labels, ...shape);

export const EVENT_LOOP_LAGS: AlertTests = {
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
      name: "is over with a restart, and begins its two minutes anew when the new worker comes late too",
      proves: ["reset", "late scrape"],
      given: [lag({}, hold(0.3, 200), failed(10), hold(0.01, 10), hold(0.3, 300))],
      expect: [firesAt(195, saying("300ms")), ...silentAt(200, 210, 220, 335), firesAt(340, saying("300ms"))],
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
