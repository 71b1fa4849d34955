import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import type { Sample, Sight } from "./ask-prometheus.ts";
import { picture } from "./picture.ts";
import { QUESTIONS, type Question } from "./questions.ts";

const DASHBOARDS = join(import.meta.dirname, "../../dashboards");

/** What watch asks so that it shows what the tile shows. */
const COUNTERPARTS: Readonly<Record<string, readonly Question[]>> = {
  "campaign › Campaign": ["phase"],
  "campaign › Members": ["members"],
  "campaign › Members per second": ["membersPerSecond"],
  "campaign › People waiting": ["waitingPeople"],
  "campaign › Told to wait": ["toldSeconds"],
  "campaign › Wrong identities": ["anomalies", "findings", "lookAgeSeconds"],
  "capacity › Offered of capacity": ["offeredPerSecond", "capacityPerSecond"],
  "capacity › Signups at work, of the limit": ["working", "limit"],
  "capacity › Connections busy": ["connectionsBusy", "connectionsLimit"],
  "capacity › Workers serving": ["workers", "workersWanted"],
  "identity › Withheld by the guard": ["anomalies"],
  "identity › Found in the database": ["findings", "lookAgeSeconds"],
  "identity › Seen by the probe": ["probeViolations", "probeAgeSeconds"],
  "identity › Last anomaly": ["lastAnomalyAgeSeconds"],
  "identity › Lost": ["lost"],
  "load-test › Started of planned": ["runStarted", "runPlanned"],
  "load-test › Visitors started": ["runStarted"],
  "load-test › In flight": ["runInFlight"],
  "load-test › Exposures": ["exposures"],
};

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}

/** The committed files as Grafana reads them: name of the tile → its queries. */
const TILES = new Map(
  globSync("*.json", { cwd: DASHBOARDS })
    .toSorted()
    .flatMap((file) => firstRowOf(file)),
);

function firstRowOf(file: string): [string, string][] {
  const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), "utf8")) as { panels: Panel[] };
  const shown = panels.filter(({ type }) => type !== "row");
  const top = Math.min(...shown.map(({ gridPos }) => gridPos.y));
  return shown
    .filter(({ gridPos }) => gridPos.y === top)
    .map(({ title, targets = [] }) => [
      `${basename(file, ".json")} › ${title}`,
      targets.map(({ expr }) => expr).join("\n"),
    ]);
}

it("watch has a counterpart to each tile of the dashboards' first rows, and none to a tile that is gone", () => {
  expect(TILES.size).toBeGreaterThan(0);
  expect(Object.keys(COUNTERPARTS).toSorted()).toEqual([...TILES.keys()].toSorted());
});

const metricsIn = (queries: string) => [...new Set(queries.match(/\bcrowdproof_\w+/g))].toSorted();

it.each(Object.entries(COUNTERPARTS))("asks the metrics of %s, and no others", (tile, questions) => {
  const asked = questions.map((question) => QUESTIONS[question]).join("\n");
  expect(metricsIn(asked)).toEqual(metricsIn(TILES.get(tile) ?? ""));
});

const SHOWN = [...new Set(Object.values(COUNTERPARTS).flat())];

it.each(SHOWN)("draws what is answered to %s", (question) => {
  expect(draw({ [question]: [answer(question, 2)] })).not.toEqual(draw({}));
});

function draw(changed: Partial<Record<Question, Sample[]>>): string[] {
  const names = Object.keys(QUESTIONS) as Question[];
  const samples: Partial<Sight["samples"]> = Object.fromEntries(
    names.map((name) => [name, [answer(name, 1)]]),
  );
  const sight = {
    atMs: 0,
    samples: { ...samples, ...changed } as Sight["samples"],
    firing: [],
    isGuarded: true,
  };
  return picture(sight, { columns: 80, rows: 22, paint: (tone, text) => `${tone}:${text}` });
}

/** Of a campaign that is open and in which everything is 1; a phase holds or does not. */
function answer(question: Question, value: number): Sample {
  const labels = { phase: "open", target: "shop", check: "reads-own", run: "night", kind: "ghost" };
  return { labels, value: question === "phase" ? 2 - value : value };
}
