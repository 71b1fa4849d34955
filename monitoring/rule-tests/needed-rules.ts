import { type Selector, selectorsOf } from "../promql/selectors.ts";
import type { RuleGroup } from "../rules/rule.ts";

/** The groups with nothing in them but one alert and the recordings that it reads, directly or through others. */
export function rulesNeededBy(alert: string, groups: readonly RuleGroup[]): RuleGroup[] {
  const recordings = new Map(groups.flatMap((group) => group.recordings.map((each) => [each.record, each])));
  const needed = new Set<string>();
  const need = (expr: string) => {
    for (const { series } of selectorsOf(expr)) {
      const recording = recordings.get(series);
      if (recording === undefined || needed.has(series)) continue;
      needed.add(series);
      need(recording.expr);
    }
  };
  for (const group of groups) for (const each of group.alerts) if (each.alert === alert) need(each.expr);
  return groups
    .map((group) => ({
      ...group,
      recordings: group.recordings.filter(({ record }) => needed.has(record)),
      alerts: group.alerts.filter((each) => each.alert === alert),
    }))
    .filter(({ recordings, alerts }) => recordings.length + alerts.length > 0);
}

/** What was scraped that an alert reads, directly or through recordings. */
export function seriesNeededBy(alert: string, groups: readonly RuleGroup[]): Selector[] {
  const needed = rulesNeededBy(alert, groups);
  const recorded = new Set(needed.flatMap(({ recordings }) => recordings.map(({ record }) => record)));
  return needed
    .flatMap(({ recordings, alerts }) => [...recordings, ...alerts])
    .flatMap(({ expr }) => selectorsOf(expr))
    .filter(({ series }) => !recorded.has(series));
}
