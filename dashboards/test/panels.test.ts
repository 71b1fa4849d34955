import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { describe, expect, it } from "vitest";
import { DASHBOARD_UIDS } from "../../monitoring/catalogue/dashboard-uids.ts";
import { PORTS } from "../../monitoring/catalogue/ports.ts";
import { PALETTE } from "../source/palette.ts";
import { WITHOUT_LIMIT } from "./panels-without-limit.ts";
import {
  type Dashboard,
  NAMES,
  type Panel,
  panelsOf,
  readDashboard,
  readDashboardText,
} from "./read-dashboards.ts";

const UNITS = new Set<unknown>(Object.values(units));
const RUNBOOKS = join(import.meta.dirname, "..", "..", "monitoring", "runbooks");
const GRID_COLUMNS = 24;

it("are at the addresses that alerts link to", () => {
  expect(NAMES.map((name) => readDashboard(name).uid).sort()).toEqual(Object.values(DASHBOARD_UIDS).sort());
});

describe.each(NAMES)("the dashboard %s", (name) => {
  const dashboard = readDashboard(name);
  const panels = panelsOf(dashboard);

  it("has panels, each with a unit, thresholds, a text for no data, a description and a question", () => {
    expect(panels.length).toBeGreaterThan(8);
    expect(panels.flatMap((panel) => incompleteness(panel))).toEqual([]);
  });

  it("fills no tile with a good colour that has no data, whatever its lowest threshold is", () => {
    const tiles = panels.filter(({ type }) => type === "stat");
    expect(tiles.map(({ title, fieldConfig }) => [title, ofNothing(fieldConfig?.defaults)])).toEqual(
      tiles.map(({ title, fieldConfig }) => [
        title,
        { text: fieldConfig?.defaults.noValue, color: PALETTE.grey },
      ]),
    );
  });

  it("is not editable, and its panels are numbered in the order in which they are read", () => {
    expect(dashboard.editable).toBe(false);
    expect(dashboard.panels.map(({ id }) => id)).toEqual(dashboard.panels.map((_, index) => index + 1));
  });

  it("lays its panels out without gap or overlap, and its first row large and without a heading", () => {
    expect(layoutFaults(dashboard)).toEqual([]);
    const first = dashboard.panels.filter(({ gridPos }) => gridPos.y === 0);
    expect(first.map(({ type }) => type)).toEqual(first.map(() => "stat"));
    // At most six tiles of at least six rows: on a 1920 × 1080 screen 300 × 220 pixels each.
    expect(first.length).toBeLessThanOrEqual(6);
    expect(Math.min(...first.map(({ gridPos }) => gridPos.h))).toBeGreaterThanOrEqual(6);
  });

  it("uses Okabe and Ito's colours and no other, and gives each line one", () => {
    const colours = [...readDashboardText(name).matchAll(/"(?:color|fixedColor|iconColor)": "([^"]*)"/g)];
    expect(colours.length).toBeGreaterThan(20);
    const known: readonly string[] = Object.values(PALETTE);
    expect(colours.map(([, colour]) => colour).filter((colour) => !known.includes(colour ?? ""))).toEqual([]);
    expect(panels.flatMap(lookalikes)).toEqual([]);
  });

  it("leads to the other dashboards with the time kept, and to runbooks that exist in both languages", () => {
    expect(dashboard.links).toEqual([
      expect.objectContaining({
        type: "dashboards",
        tags: ["crowdproof"],
        keepTime: true,
        includeVars: true,
      }),
    ]);
    const alerts = panels.flatMap(({ links = [] }) =>
      links.map(({ url = "" }) => url.replace("${runbooks}/", "")),
    );
    expect(alerts.length).toBeGreaterThan(2);
    for (const language of ["en", "ja"])
      for (const alert of alerts)
        expect(existsSync(join(RUNBOOKS, language, `${alert}.md`)), `${language}/${alert}`).toBe(true);
  });

  it("lets one choose the data source and the instance, and finds runbooks where the receiver serves them", () => {
    const variables = dashboard.templating.list;
    expect(variables.map((variable) => variable.name)).toEqual(
      expect.arrayContaining(["datasource", "runbooks", "instance"]),
    );
    expect(variables.find((variable) => variable.name === "runbooks")?.query).toBe(
      `http://127.0.0.1:${PORTS.receiver}/runbooks`,
    );
    const used = [...readDashboardText(name).matchAll(/\$\{?([a-z]\w*)\b/g)].map(([, variable]) => variable);
    const known = variables.map((variable) => variable.name);
    expect(used.filter((variable) => variable !== undefined && !known.includes(variable))).toEqual([]);
    expect(known.filter((variable) => !used.includes(variable))).toEqual([]);
  });

  it("marks the start, the halt and the alerts across its graphs", () => {
    expect(dashboard.annotations.list.map((annotation) => annotation.name)).toEqual(
      expect.arrayContaining(["Campaign starts", "Halted", "Alerts"]),
    );
  });
});

it("has a limit on every panel but those that are listed with the reason why they have none", () => {
  const unlimited = NAMES.flatMap((name) =>
    panelsOf(readDashboard(name))
      .filter((panel) => !hasLimit(panel))
      .map(({ title }) => `${name} › ${title}`),
  );
  expect(unlimited.toSorted()).toEqual(Object.keys(WITHOUT_LIMIT).toSorted());
  expect(Object.entries(WITHOUT_LIMIT).filter(([, reason]) => reason.length < 20)).toEqual([]);
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "dashboards.md"), "utf8");
  expect(page).toContain(`Every panel has a limit but ${unlimited.length}`);
});

it("has what could be chosen by run and target where runs and targets are", () => {
  const variablesOf = (name: (typeof NAMES)[number]) =>
    readDashboard(name).templating.list.map((variable) => variable.name);
  expect(variablesOf("load-test")).toContain("run");
  expect(variablesOf("identity")).toContain("target");
});

describe("these tests, each turned red by a panel made wrong", () => {
  const [good] = panelsOf(readDashboard("campaign")) as [Panel];
  const { defaults, overrides } = good.fieldConfig as NonNullable<Panel["fieldConfig"]>;
  const { thresholds: _, ...unlimited } = defaults;
  const wrong: readonly { name: string; panel: Panel }[] = [
    {
      name: "a unit",
      panel: { ...good, fieldConfig: { overrides, defaults: { ...defaults, unit: "furlongs" } } },
    },
    {
      name: "thresholds",
      panel: { ...good, fieldConfig: { overrides, defaults: unlimited } },
    },
    {
      name: "a text for no data",
      panel: { ...good, fieldConfig: { overrides, defaults: { ...defaults, noValue: "" } } },
    },
    { name: "a description", panel: { ...good, description: "" } },
    { name: "a question", panel: { ...good, targets: [] } },
  ];

  it.each(wrong)("miss $name", ({ name, panel }) => {
    expect(incompleteness(good)).toEqual([]);
    expect(incompleteness(panel)).toEqual([`Campaign has not ${name}`]);
  });

  it("see no limit in a single step, and in one that is not drawn", () => {
    const panels = panelsOf(readDashboard("campaign"));
    const panelOf = (title: string) =>
      structuredClone(panels.find((panel) => panel.title === title)) as Spoilt;
    const spoilt: readonly { title: string; spoil: (panel: Spoilt) => void }[] = [
      {
        title: "Told to wait",
        spoil: ({ fieldConfig: { defaults } }) => defaults.thresholds.steps.splice(1),
      },
      {
        title: "Appointments kept",
        spoil: ({ fieldConfig: { defaults } }) =>
          Object.assign(defaults, { custom: { thresholdsStyle: { mode: "off" } } }),
      },
      {
        title: "Signups by outcome",
        spoil: ({ fieldConfig }) => {
          for (const override of fieldConfig.overrides)
            override.properties = override.properties.filter(({ id }) => id !== "custom.thresholdsStyle");
        },
      },
      {
        title: "Signups by outcome",
        spoil: ({ fieldConfig }) => {
          for (const override of fieldConfig.overrides)
            override.properties = override.properties.filter(({ id }) => id !== "thresholds");
        },
      },
    ];
    for (const { title, spoil } of spoilt) {
      const panel = panelOf(title);
      expect(hasLimit(panel), title).toBe(true);
      spoil(panel);
      expect(hasLimit(panel), title).toBe(false);
    }
  });

  it("see two panels on one place, and a row that does not reach the edge", () => {
    const dashboard = readDashboard("campaign");
    const moved = { ...good, gridPos: { ...good.gridPos, x: 1 } };
    expect(layoutFaults({ ...dashboard, panels: [moved, ...dashboard.panels.slice(1)] })).not.toEqual([]);
    expect(layoutFaults({ ...dashboard, panels: dashboard.panels.slice(1) })).not.toEqual([]);
  });

  it("see two lines that look the same, and a line without a colour", () => {
    const graph = panelsOf(readDashboard("campaign")).find(({ type }) => type === "timeseries") as Panel;
    const { fieldConfig } = graph as Panel & { fieldConfig: NonNullable<Panel["fieldConfig"]> };
    const [first, ...rest] = fieldConfig.overrides as [(typeof fieldConfig.overrides)[number]];
    expect(lookalikes(graph)).toEqual([]);
    const twice = [first, ...rest.map(({ matcher }) => ({ matcher, properties: first.properties }))];
    expect(lookalikes({ ...graph, fieldConfig: { ...fieldConfig, overrides: twice } })).toHaveLength(1);
    expect(lookalikes({ ...graph, fieldConfig: { ...fieldConfig, overrides: rest } })).toHaveLength(1);
  });
});

/** As a test may spoil it. */
interface Spoilt extends Panel {
  readonly fieldConfig: {
    readonly defaults: { thresholds: { steps: { value: number | null }[] } };
    readonly overrides: { matcher: { options: string }; properties: { id: string; value: unknown }[] }[];
  };
}

/** Two steps or more, of all that the panel shows or of a line; in a graph they must be drawn as well. */
function hasLimit({ type, fieldConfig }: Panel): boolean {
  const { defaults, overrides = [] } = fieldConfig ?? {};
  const isGraph = type === "timeseries";
  const ofAll = isLimit(defaults?.thresholds) && (!isGraph || isDrawn(defaults?.custom?.thresholdsStyle));
  const ofALine = overrides.some(({ properties }) => {
    const settingOf = (id: string) => properties.find((property) => property.id === id)?.value;
    return isLimit(settingOf("thresholds")) && (!isGraph || isDrawn(settingOf("custom.thresholdsStyle")));
  });
  return ofAll || ofALine;
}

function isLimit(thresholds: unknown): boolean {
  return ((thresholds as { steps?: readonly unknown[] } | undefined)?.steps?.length ?? 0) >= 2;
}

function isDrawn(style: unknown): boolean {
  return ((style as { mode?: string } | undefined)?.mode ?? "off") !== "off";
}

function incompleteness({ title, description, targets, fieldConfig }: Panel): string[] {
  const { unit, noValue, thresholds } = fieldConfig?.defaults ?? {};
  // `none` is Grafana's name for a plain number and is not among the SDK's constants by that name.
  const has: Record<string, boolean> = {
    "a unit": unit === "none" || UNITS.has(unit),
    thresholds: thresholds?.steps[0]?.value === null,
    "a text for no data": (noValue ?? "").length >= 5,
    "a description": (description ?? "").length > 30,
    "a question": (targets ?? []).length > 0,
  };
  return Object.entries(has)
    .filter(([, isThere]) => !isThere)
    .map(([what]) => `${title} has not ${what}`);
}

function ofNothing(defaults: NonNullable<Panel["fieldConfig"]>["defaults"] | undefined) {
  return defaults?.mappings?.find(({ options }) => options.match === "null+nan")?.options.result;
}

/** The grid's cells, each owned by exactly one panel down to the last row. */
function layoutFaults({ panels }: Dashboard): string[] {
  const owners = new Map<string, string>();
  const faults: string[] = [];
  for (const { title, gridPos } of panels)
    for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        const cell = `${x},${y}`;
        if (x >= GRID_COLUMNS) faults.push(`${title} leaves the grid at ${cell}`);
        const owner = owners.get(cell);
        if (owner !== undefined) faults.push(`${title} lies on ${owner} at ${cell}`);
        owners.set(cell, title);
      }
  const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  if (owners.size < GRID_COLUMNS * height)
    faults.push(`${GRID_COLUMNS * height - owners.size} cells are empty`);
  return faults;
}

/** Lines of one graph that look the same: by colour and dashes, or because nobody gave them a colour. */
function lookalikes({ title, type, targets = [], fieldConfig }: Panel): string[] {
  if (type !== "timeseries") return [];
  const looks = (fieldConfig?.overrides ?? []).map(({ properties }) =>
    JSON.stringify(properties.filter(({ id }) => id === "color" || id === "custom.lineStyle")),
  );
  const named = new Set((fieldConfig?.overrides ?? []).map(({ matcher }) => matcher.options));
  const plain = targets.map(({ legendFormat }) => legendFormat).filter((legend) => !legend.includes("{{"));
  return [
    ...plain.filter((legend) => !named.has(legend)).map((legend) => `${title}: ${legend} has no colour`),
    ...(new Set(looks).size < looks.length ? [`${title}: two lines look the same`] : []),
    ...(looks.length === 0 ? [`${title}: no line has a colour of its own`] : []),
  ];
}
