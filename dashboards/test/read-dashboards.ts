import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The committed files as Grafana reads them: what the source meant is no proof. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly links: readonly { readonly type: string; readonly tags: readonly string[] }[];
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly links?: readonly { readonly url?: string }[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly noValue?: string;
      readonly mappings?: readonly Mapping[];
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
      readonly custom?: { readonly thresholdsStyle?: { readonly mode: string } };
    };
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

/** What stands for a value. */
interface Mapping {
  readonly type: string;
  readonly options: {
    readonly match?: string;
    readonly result?: { readonly text: string; readonly color: string };
  };
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
}

export const NAMES = ["campaign", "identity", "capacity", "load-test"] as const;

export function readDashboardText(name: (typeof NAMES)[number]): string {
  return readFileSync(join(import.meta.dirname, "..", `${name}.json`), "utf8");
}

export function readDashboard(name: (typeof NAMES)[number]): Dashboard {
  return JSON.parse(readDashboardText(name)) as Dashboard;
}

/** Panels with something in them; the others are headings. */
export function panelsOf({ panels }: Dashboard): readonly Panel[] {
  return panels.filter(({ type }) => type !== "row");
}

export interface PanelQuery {
  /** `campaign › Members › A` */
  readonly name: string;
  readonly expr: string;
  readonly isRange: boolean;
}

/** Every PromQL question of the dashboards: panels and annotations. What fills the choices is no PromQL. */
export function allQueries(): PanelQuery[] {
  return NAMES.flatMap((name) => {
    const dashboard = readDashboard(name);
    const panels = panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr, instant }) => ({
        name: `${name} › ${title} › ${refId}`,
        expr,
        isRange: instant !== true,
      })),
    );
    const annotations = dashboard.annotations.list.map(({ name: of, expr }) => ({
      name: `${name} › annotation ${of}`,
      expr,
      isRange: true,
    }));
    return [...panels, ...annotations];
  });
}

/** What Grafana would put in for its variables; everything is chosen. */
export function fillIn(expr: string, rateIntervalSeconds: number): string {
  return expr
    .replaceAll("$__rate_interval", `${rateIntervalSeconds}s`)
    .replaceAll(/"\$(?:instance|run|target)"/g, '".*"');
}
