import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  AnnotationQueryBuilder,
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type GridPos,
  MappingType,
  type PanelBuilder,
  QueryVariableBuilder,
  RowBuilder,
  SpecialValueMatch,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as GraphBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { ANNOTATIONS, type AnnotationSpec } from "./annotations.ts";
import { LINE_COLOURS, PLAIN, UNKNOWN } from "./palette.ts";
import type {
  DashboardSpec,
  LineLimit,
  PanelSpec,
  Query,
  RowSpec,
  Step,
  VariableSpec,
  Word,
} from "./panel.ts";

const PROMETHEUS = { type: "prometheus", uid: "${datasource}" };
const TAG = "crowdproof";
const GRID_COLUMNS = 24;

type AnyPanelBuilder = GraphBuilder | StatBuilder | TableBuilder | TimelineBuilder;

/** The classic dashboard that Grafana (10 and later) reads; `runbookBase` is the address before an alert's name. */
export function buildDashboard(spec: DashboardSpec, runbookBase: string): Dashboard {
  const builder = new DashboardBuilder(`Crowdproof: ${spec.title}`)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .timezone("browser")
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: `now-${spec.fromSeconds}s`, to: "now" })
    .refresh("5s")
    .withVariable(dataSourceVariable())
    .withVariable(runbooksVariable(runbookBase))
    .link(otherDashboards())
    .annotations(ANNOTATIONS.map(annotation));
  for (const variable of spec.variables) builder.withVariable(labelVariable(variable));
  const built = builder.build();
  return {
    ...built,
    links: (built.links ?? []).map(inSight),
    annotations: { list: (built.annotations.list ?? []).map(inSight) },
    panels: placeRows(spec.rows),
  };
}

/** The SDK puts links and annotations into a menu that somebody would have to open. */
function inSight<T extends { placement?: unknown }>({ placement: _, ...rest }: T): Omit<T, "placement"> {
  return rest;
}

/** Rows one under the other, panels from left to right, numbered in the order in which they are read. */
function placeRows(rows: readonly RowSpec[]): NonNullable<Dashboard["panels"]> {
  const panels: NonNullable<Dashboard["panels"]> = [];
  let y = 0;
  for (const row of rows) {
    if (row.title !== null) {
      const gridPos = { x: 0, y, w: GRID_COLUMNS, h: 1 };
      panels.push(
        new RowBuilder(row.title)
          .id(panels.length + 1)
          .gridPos(gridPos)
          .build(),
      );
      y += 1;
    }
    let x = 0;
    for (const spec of row.panels) {
      const gridPos = { x, y, w: spec.width, h: row.height };
      panels.push(buildPanel(spec, panels.length + 1, gridPos));
      x += spec.width;
    }
    y += row.height;
  }
  return panels;
}

function buildPanel(spec: PanelSpec, id: number, gridPos: GridPos): ReturnType<PanelBuilder["build"]> {
  const builder = builderOf(spec)
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .gridPos(gridPos)
    .unit(spec.unit)
    .noValue(spec.noValue)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(spec.thresholds)))
    .links((spec.runbooks ?? []).map(runbookLink))
    .targets(spec.queries.map((query, index) => target(spec, query, refIdOf(index))));
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  const mappings = mappingsOf(spec);
  if (mappings.length > 0) builder.mappings(mappings);
  const panel = builder.build();
  return { ...panel, links: (panel.links ?? []).map(inSight) };
}

function builderOf(spec: PanelSpec): AnyPanelBuilder {
  switch (spec.kind) {
    case "stat":
      return statBuilder(spec);
    case "graph":
      return graphBuilder(spec);
    case "timeline":
      return timelineBuilder();
    case "table":
      return tableBuilder();
  }
}

function statBuilder(spec: PanelSpec): StatBuilder {
  return (
    new StatBuilder()
      // A filled tile is a judgement; a number that is neither good nor bad must not compete with it.
      .colorMode(
        spec.isLarge && spec.thresholds.length > 1
          ? BigValueColorMode.BackgroundSolid
          : BigValueColorMode.Value,
      )
      .graphMode(BigValueGraphMode.None)
      // No size is set: Grafana makes the value as large as its tile.
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
      .colorScheme(byThreshold())
  );
}

function graphBuilder(spec: PanelSpec): GraphBuilder {
  const hasLimit = spec.thresholds.length > 1;
  const builder = new GraphBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Never)
    .axisSoftMin(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        hasLimit ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    // For names that nobody knows before: shades of one colour differ in lightness, which everybody sees.
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Shades).fixedColor(PLAIN));
  const names = lineNames(spec);
  const { limitOf } = spec;
  const strangers = limitOf?.lines.filter((line) => !names.includes(line)) ?? [];
  if (strangers.length > 0) throw new Error(`${spec.title} has no line ${strangers.join(", ")}`);
  for (const [index, name] of names.entries())
    builder.overrideByName(name, [
      ...lineLook(index),
      ...(limitOf?.lines.includes(name) === true ? limitLook(limitOf) : []),
    ]);
  return builder;
}

function timelineBuilder(): TimelineBuilder {
  return new TimelineBuilder()
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.Hidden))
    .colorScheme(byThreshold());
}

/** Firing alerts: one line each, its name leads to its runbook. */
function tableBuilder(): TableBuilder {
  return new TableBuilder()
    .colorScheme(byThreshold())
    .withTransformation({
      id: "filterFieldsByName",
      options: { include: { names: ["alertname", "severity", "kind", "lane", "instance"] } },
    })
    .overrideByName("alertname", [
      {
        id: "links",
        value: [{ title: "Runbook", url: "${runbooks}/${__value.raw}", targetBlank: true }],
      },
    ]);
}

/** Every name a line can have that is known before, in order. */
function lineNames(spec: PanelSpec): string[] {
  return spec.queries.flatMap((query) => query.names ?? (query.legend.includes("{{") ? [] : [query.legend]));
}

function lineLook(index: number): DynamicConfigValue[] {
  const fixedColor = LINE_COLOURS[index % LINE_COLOURS.length];
  const colour: DynamicConfigValue = { id: "color", value: { mode: FieldColorModeId.Fixed, fixedColor } };
  if (index < LINE_COLOURS.length) return [colour];
  return [colour, { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } }];
}

/** Grafana draws one limit on an axis, the first that it meets: of lines that share it, and of no other. */
function limitLook({ thresholds }: LineLimit): DynamicConfigValue[] {
  return [
    { id: "thresholds", value: { mode: ThresholdsMode.Absolute, steps: stepsOf(thresholds) } },
    { id: "custom.thresholdsStyle", value: { mode: GraphThresholdsStyleMode.Dashed } },
  ];
}

function byThreshold(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}

function stepsOf(steps: readonly Step[]): { value: number | null; color: string }[] {
  return steps.map(({ from, colour }) => ({ value: from, color: colour }));
}

function mappingsOf({ kind, words, noValue }: PanelSpec): ValueMapping[] {
  return [
    ...(words === undefined ? [] : [wordsOf(words)]),
    // Grafana fills a tile without data with the colour of the lowest threshold, which is mostly the good one.
    ...(kind === "stat" ? [wordForNothing(noValue)] : []),
  ];
}

function wordForNothing(text: string): ValueMapping {
  const options = { match: SpecialValueMatch.NullAndNan, result: { text, color: UNKNOWN } };
  return { type: MappingType.SpecialValue, options };
}

function wordsOf(words: readonly Word[]): ValueMapping {
  const options = Object.fromEntries(
    words.map(({ value, text, colour }, index) => [`${value}`, { text, color: colour, index }]),
  );
  return { type: MappingType.ValueToText, options };
}

function target(spec: PanelSpec, query: Query, refId: string): DataqueryBuilder {
  const builder = new DataqueryBuilder()
    .refId(refId)
    .datasource(PROMETHEUS)
    .expr(query.expr)
    .legendFormat(query.legend);
  // A number or a list tells this moment: the last value of a range would go on standing there after its source died.
  if (spec.kind === "stat") return builder.instant();
  if (spec.kind === "table") return builder.instant().format(PromQueryFormat.Table);
  return builder.range();
}

function refIdOf(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

function runbookLink(alert: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`)
    .type(DashboardLinkType.Link)
    .url(`\${runbooks}/${alert}`)
    .targetBlank(true);
}

function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Crowdproof")
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true);
}

function dataSourceVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder("datasource")
    .label("Data source")
    .description("The Prometheus that scrapes this service")
    .type("prometheus");
}

function runbooksVariable(base: string): ConstantVariableBuilder {
  return new ConstantVariableBuilder("runbooks")
    .label("Runbooks")
    .description("The address before an alert's name, where its runbook is served")
    .value(base);
}

function labelVariable({
  name,
  label,
  description,
  metric,
  sourceLabel,
}: VariableSpec): QueryVariableBuilder {
  const query = `label_values(${metric}, ${sourceLabel})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(PROMETHEUS)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalDesc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
}

function annotation({ name, expr, colour, title, text, isMoment }: AnnotationSpec): AnnotationQueryBuilder {
  return (
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(PROMETHEUS)
      .enable(true)
      .iconColor(colour)
      .expr(expr)
      // Grafana's own is a minute, in which an alert can come and go.
      .step("5s")
      .titleFormat(title)
      .textFormat(text)
      .useValueForTime(isMoment)
  );
}
