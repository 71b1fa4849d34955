import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { NAMES, readDashboardText } from "./read-dashboards.ts";

/**
 * The schema is the SDK's: its types are generated from Grafana's own definition of a classic dashboard, of each kind of
 * panel and of a Prometheus query. The JSON is held against them as a literal, so that an unknown key, a missing one and
 * a value outside a closed set are all errors; options and custom fields too, which the dashboard's own type leaves open.
 */
const SCHEMA = `
import type * as d from "@grafana/grafana-foundation-sdk/dashboard";
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

/** As JSON has it: an enum is its text or number, and there are no functions. */
type Plain<T> = T extends string ? \`\${T}\`
  : T extends number | boolean | null | undefined ? T
  : T extends readonly (infer E)[] ? Plain<E>[]
  : T extends object ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Plain<T[K]> }
  : T;
type PanelOf<Type, Options, Custom> = Plain<
  Omit<d.Panel, "type" | "options" | "fieldConfig" | "targets"> & {
    type: Type;
    options: Options;
    targets: prometheus.Dataquery[];
    fieldConfig: Omit<d.FieldConfigSource, "defaults"> & {
      defaults: Omit<d.FieldConfig, "custom"> & { custom?: Custom };
    };
  }
>;
export type Row = Plain<d.RowPanel>;
export type Stat = PanelOf<"stat", stat.Options, never>;
export type Timeline = PanelOf<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>;
export type Table = PanelOf<"table", table.Options, table.FieldConfig>;
export type Graph = PanelOf<"timeseries", timeseries.Options, timeseries.FieldConfig>;
export type Head = Plain<Omit<d.Dashboard, "panels">>;
`;
const TYPES: Record<string, string> = {
  row: "Row",
  stat: "Stat",
  "state-timeline": "Timeline",
  table: "Table",
  timeseries: "Graph",
};
/** In this folder, so that the packages are found; never written. */
const FILE = join(import.meta.dirname, "schema-in-memory.ts");

describe("a dashboard by Grafana's schema for classic dashboards", () => {
  it("is each of the four", { timeout: 60_000 }, () => {
    const texts = NAMES.map(readDashboardText);
    expect(schemaErrors(texts)).toEqual([]);
  });

  it("is none with a wrong key, value or option, one error each", { timeout: 60_000 }, () => {
    const campaign = JSON.parse(readDashboardText("campaign"));
    const good = { ...campaign, panels: [campaign.panels[0]] };
    const spoilt: readonly ((dashboard: Spoilt) => void)[] = [
      (dashboard) => Object.assign(dashboard, { refesh: "5s" }),
      (dashboard) => Object.assign(dashboard, { graphTooltip: 7 }),
      (dashboard) => Object.assign(dashboard, { schemaVersion: undefined }),
      ({ panels: [stat] }) => Object.assign(stat, { units: "s" }),
      ({ panels: [stat] }) => Object.assign(stat.options, { colorMode: "loud" }),
      ({ panels: [stat] }) => Object.assign(stat.fieldConfig.defaults, { noValues: "none" }),
      ({ panels: [stat] }) => Object.assign(stat.fieldConfig.defaults.thresholds, { mode: "relative" }),
      ({ panels: [stat] }) => Object.assign(stat.targets[0], { exprs: "up" }),
    ];
    const texts = spoilt.map((spoil) => {
      const dashboard = structuredClone(good) as Spoilt;
      spoil(dashboard);
      return JSON.stringify(dashboard);
    });
    const errors = schemaErrors(texts);
    expect(new Set(errors.map(({ file }) => file)).size, JSON.stringify(errors)).toBe(spoilt.length);
  });
});

interface Spoilt {
  panels: [
    {
      options: object;
      targets: [object];
      fieldConfig: { defaults: { thresholds: object } };
    },
  ];
}

interface SchemaError {
  /** Which of the texts. */
  readonly file: number;
  readonly message: string;
}

function schemaErrors(texts: readonly string[]): SchemaError[] {
  const modules = new Map(texts.map((text, index) => [FILE.replace(".ts", `-${index}.ts`), literals(text)]));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ["lib.es2024.d.ts"],
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = modules.get(path);
    return text === undefined
      ? getSourceFile.call(host, path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  const paths = [...modules.keys()];
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => ({
    file: paths.indexOf(file?.fileName ?? ""),
    message: ts.flattenDiagnosticMessageText(messageText, "\n"),
  }));
}

/** A literal each for the head and for each panel: in one union the compiler could not say which key is wrong. */
function literals(text: string): string {
  const { panels, ...head } = JSON.parse(text) as { panels: { type: string }[] };
  return [
    SCHEMA,
    `export const head: Head = ${JSON.stringify(head)};`,
    ...panels.map(
      (panel, index) =>
        `export const panel${index}: ${TYPES[panel.type] ?? `"no type for ${panel.type}"`} = ${JSON.stringify(panel)};`,
    ),
  ].join("\n");
}
