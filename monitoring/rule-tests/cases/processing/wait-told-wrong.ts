import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  type Series,
  saying,
  series,
  silentAt,
} from "../../rule-test.ts";

/** People let in during five minutes, by how much the time they were told was wrong on average, and what they were told. */
export function told(
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

export const WAIT_TOLD_WRONG: AlertTests = {
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
      proves: ["not yet"],
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
