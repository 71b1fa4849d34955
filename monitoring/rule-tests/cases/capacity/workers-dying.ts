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
  silentAt,
} from "../../rule-test.ts";

const exits = (
  reason: "asked" | "ended" | "failed" | "killed",
  labels: Record<string, string>,
  ...shape: Segment[]
) => metric("crowdproof_worker_exits_total", { reason, instance: "a", ...labels }, ...shape);

export const WORKERS_DYING: AlertTests = {
  alert: "WorkersDying",
  tests: [
    {
      name: "files a ticket with the third that ends unasked within five minutes, by whatever reason",
      proves: ["not yet", "now", "over"],
      given: [
        exits("killed", {}, hold(0, 300), hold(1, 900)),
        exits("failed", {}, hold(0, 400), hold(1, 800)),
        exits("ended", {}, hold(0, 500), hold(1, 700)),
        exits("asked", {}, climb(0.1, 1_200)),
      ],
      expect: [
        ...silentAt(0, 295, 300, 400, 495),
        firesAt(500, saying("3", { instance: "a" })),
        firesAt(590, saying("3", { instance: "a" })),
        ...silentAt(605),
      ],
    },
    {
      name: "bears two, and a rolling restart",
      proves: ["not yet"],
      given: [
        exits("killed", {}, hold(0, 300), hold(2, 600)),
        exits("asked", {}, hold(0, 300), hold(8, 600)),
      ],
      expect: silentAt(300, 305, 400, 595),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "takes a restart for what it is, and no first sample for deaths",
      proves: ["reset", "first sample"],
      given: [
        exits("killed", {}, hold(9, 400), hold(0, 400)),
        exits("killed", { instance: "b" }, late(300), hold(9, 500)),
      ],
      expect: silentAt(300, 305, 400, 405, 600),
    },
    {
      name: "sees who died while scrapes failed",
      proves: ["late scrape"],
      given: [exits("killed", {}, hold(0, 400), failed(60), hold(4, 300))],
      expect: [...silentAt(455), firesAt(460, saying("4", { instance: "a" }))],
    },
    {
      name: "looks at each instance of each run for itself",
      proves: ["several instances"],
      given: [
        exits("killed", { run: "x" }, hold(0, 300), hold(2, 300)),
        exits("killed", { run: "x", instance: "b" }, hold(0, 300), hold(2, 300)),
        exits("killed", { run: "y" }, hold(0, 300), hold(3, 300)),
      ],
      expect: [firesAt(400, saying("3", { instance: "a", run: "y" }))],
    },
  ],
};
