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
  silentAt,
} from "../../rule-test.ts";
import { phases } from "./campaign-phases.ts";

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

export const PROMISES_BROKEN: AlertTests = {
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
      proves: ["not yet"],
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
      proves: ["not yet"],
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
