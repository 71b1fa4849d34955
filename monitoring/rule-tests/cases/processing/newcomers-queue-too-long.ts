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

export const NEWCOMERS_QUEUE_TOO_LONG: AlertTests = {
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
      proves: ["not yet"],
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
