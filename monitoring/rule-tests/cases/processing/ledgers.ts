import { type AlertTests, failed, firesAt, hold, late, metric, saying, silentAt } from "../../rule-test.ts";

export const LEDGER_LOSING: AlertTests = {
  alert: "LedgerLosing",
  tests: [
    {
      name: "fires with the first entry that could be written nowhere, for five minutes",
      proves: ["not yet", "now", "over"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(0, 400), hold(1, 900)),
        metric("crowdproof_access_ledger_lost", {}, hold(0, 500), hold(7, 900)),
      ],
      expect: [
        ...silentAt(0, 395),
        firesAt(400, saying("1", { ledger: "anomalies" })),
        firesAt(690, saying("1", { ledger: "anomalies" }), saying("7", { ledger: "accesses" })),
        firesAt(790, saying("7", { ledger: "accesses" })),
        ...silentAt(810, 1_000),
      ],
    },
    {
      name: "fires when the first sample has lost some already, for five minutes",
      proves: ["first sample", "over"],
      given: [
        metric("crowdproof_ledger_lost", {}, late(300), hold(1, 900)),
        metric("crowdproof_access_ledger_lost", {}, late(300), hold(1, 900)),
      ],
      expect: [
        ...silentAt(295),
        firesAt(300, saying("1", { ledger: "anomalies" }), saying("1", { ledger: "accesses" })),
        firesAt(590, saying("1", { ledger: "anomalies" }), saying("1", { ledger: "accesses" })),
        ...silentAt(605),
      ],
    },
    {
      name: "is silent while a service that has lost nothing is new",
      proves: ["not yet"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(0, 600)),
        metric("crowdproof_access_ledger_lost", {}, hold(0, 600)),
      ],
      expect: silentAt(0, 5, 300, 595),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "is silent when a worker that had lost some ends, and fires for the next one",
      proves: ["reset"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(5, 600), hold(0, 300), hold(1, 300)),
        metric("crowdproof_access_ledger_lost", {}, hold(5, 600), hold(0, 350), hold(2, 300)),
      ],
      expect: [
        ...silentAt(400, 600, 605, 895),
        firesAt(900, saying("1", { ledger: "anomalies" })),
        firesAt(950, saying("1", { ledger: "anomalies" }), saying("2", { ledger: "accesses" })),
      ],
    },
    {
      name: "sees what was lost while scrapes failed",
      proves: ["late scrape"],
      given: [
        metric("crowdproof_ledger_lost", {}, hold(0, 400), failed(60), hold(1, 300)),
        metric("crowdproof_access_ledger_lost", {}, hold(0, 400), failed(60), hold(4, 300)),
      ],
      expect: [
        ...silentAt(455),
        firesAt(460, saying("1", { ledger: "anomalies" }), saying("4", { ledger: "accesses" })),
      ],
    },
    {
      name: "is one page a ledger for several instances, and keeps runs apart",
      proves: ["several instances"],
      given: [
        metric("crowdproof_ledger_lost", { run: "x", instance: "a" }, hold(0, 400), hold(1, 300)),
        metric("crowdproof_ledger_lost", { run: "x", instance: "b" }, hold(0, 400), hold(3, 300)),
        metric("crowdproof_ledger_lost", { run: "y", instance: "a" }, hold(0, 700)),
        metric("crowdproof_access_ledger_lost", { run: "y", instance: "a" }, hold(0, 400), hold(2, 300)),
        metric("crowdproof_access_ledger_lost", { run: "y", instance: "b" }, hold(0, 400), hold(1, 300)),
      ],
      expect: [
        firesAt(
          400,
          saying("3", { run: "x", ledger: "anomalies" }),
          saying("2", { run: "y", ledger: "accesses" }),
        ),
      ],
    },
  ],
};

export const LEDGER_BEHIND: AlertTests = {
  alert: "LedgerBehind",
  tests: [
    {
      name: "files a ticket when entries have waited for two minutes, until they are written",
      proves: ["not yet", "now", "over"],
      given: [
        metric("crowdproof_ledger_spooled", {}, hold(0, 300), hold(1, 300), hold(0, 300)),
        metric("crowdproof_access_ledger_pending", {}, hold(4_900, 300), hold(5_100, 300), hold(0, 300)),
        metric("crowdproof_access_ledger_pending", { run: "at" }, hold(5_000, 900)),
      ],
      expect: [
        ...silentAt(0, 120, 300, 410),
        firesAt(430, saying("1", { ledger: "anomalies" }), saying("5.1k", { ledger: "accesses" })),
        firesAt(595, saying("1", { ledger: "anomalies" }), saying("5.1k", { ledger: "accesses" })),
        ...silentAt(600),
      ],
    },
    {
      name: "bears entries that come and go",
      proves: ["not yet"],
      given: [
        metric(
          "crowdproof_ledger_spooled",
          {},
          hold(3, 50),
          hold(0, 5),
          hold(3, 50),
          hold(0, 5),
          hold(3, 50),
          hold(0, 5),
          hold(3, 50),
          hold(0, 5),
        ),
        metric(
          "crowdproof_access_ledger_pending",
          {},
          hold(9_000, 50),
          hold(0, 5),
          hold(9_000, 50),
          hold(0, 5),
          hold(9_000, 50),
          hold(0, 5),
          hold(9_000, 50),
        ),
      ],
      expect: silentAt(45, 100, 130, 150, 200),
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "forgets at a restart the accesses that waited in memory, and begins anew with the file that stays",
      proves: ["reset", "late scrape"],
      given: [
        metric("crowdproof_ledger_spooled", {}, hold(2, 100), failed(100), hold(2, 300)),
        metric("crowdproof_access_ledger_pending", {}, hold(9_000, 100), failed(100), hold(0, 300)),
      ],
      expect: [
        firesAt(95, saying("2", { ledger: "anomalies" }), saying("9k", { ledger: "accesses" })),
        ...silentAt(170, 200, 250),
        firesAt(270, saying("2", { ledger: "anomalies" })),
      ],
    },
    {
      name: "counts from the first sample",
      proves: ["first sample"],
      given: [
        metric("crowdproof_ledger_spooled", {}, late(300), hold(2, 300)),
        metric("crowdproof_access_ledger_pending", {}, late(300), hold(0, 300)),
      ],
      expect: [...silentAt(300, 355), firesAt(435, saying("2", { ledger: "anomalies" }))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        metric("crowdproof_ledger_spooled", { run: "x", instance: "a" }, hold(2, 300)),
        metric("crowdproof_ledger_spooled", { run: "x", instance: "b" }, hold(3, 300)),
        metric("crowdproof_access_ledger_pending", { run: "y", instance: "a" }, hold(3_000, 300)),
        metric("crowdproof_access_ledger_pending", { run: "y", instance: "b" }, hold(3_000, 300)),
        metric("crowdproof_access_ledger_pending", { run: "z", instance: "b" }, hold(3_000, 300)),
      ],
      expect: [
        firesAt(
          200,
          saying("5", { run: "x", ledger: "anomalies" }),
          saying("6k", { run: "y", ledger: "accesses" }),
        ),
      ],
    },
  ],
};
