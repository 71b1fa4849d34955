import { duration } from "../rules/duration.ts";
import type { Parameters } from "../rules/parameters.ts";
import type { Alert, RuleGroup } from "../rules/rule.ts";
import { annotationsOf, labelsOf } from "../rules/rules-file.ts";
import { toYaml } from "../rules/yaml.ts";
import {
  type Firing,
  type Moment,
  type RuleTest,
  type Segment,
  type Series,
  seriesName,
} from "./rule-test.ts";

export const EVERY_SECONDS = 5;

export interface PromtoolFile {
  readonly everySeconds: number;
  readonly text: string;
}

/** The stories as promtool's test files, one for each pace, for a rule file of this name beside them. */
export function promtoolFiles(
  { alert, tests, groups, parameters }: AlertStories,
  ruleFile = "rules.yml",
): PromtoolFile[] {
  const paces = new Set(tests.map(({ everySeconds }) => everySeconds ?? EVERY_SECONDS));
  return [...paces].map((everySeconds) => ({
    everySeconds,
    text: toYaml({
      rule_files: [ruleFile],
      evaluation_interval: duration(everySeconds),
      // Else promtool evaluates groups in any order, and a rule sees now this, now the last moment's recordings.
      group_eval_order: groups.map(({ name }) => name),
      tests: tests
        .filter((test) => (test.everySeconds ?? EVERY_SECONDS) === everySeconds)
        .map((test) => promtoolTest(test, alert, parameters)),
    }),
  }));
}

export interface AlertStories {
  readonly alert: Alert;
  readonly tests: readonly RuleTest[];
  readonly groups: readonly RuleGroup[];
  readonly parameters: Parameters;
}

function promtoolTest(test: RuleTest, alert: Alert, parameters: Parameters) {
  const everySeconds = test.everySeconds ?? EVERY_SECONDS;
  return {
    name: test.name,
    interval: duration(everySeconds),
    input_series: test.given.map(({ series, shape }: Series) => ({
      series,
      values: samplesOf(shape, everySeconds).join(" "),
    })),
    alert_rule_test: test.expect
      .filter((moment) => !isOfLabels(moment))
      .map(({ atSeconds, fires }) => ({
        eval_time: duration(atSeconds),
        alertname: alert.alert,
        exp_alerts: fires.map((firing) => ({
          exp_labels: { ...labelsFor(alert, firing), ...firing.labels },
          exp_annotations: rendered(annotationsOf(inItsWords(alert, firing), parameters), firing),
        })),
      })),
    promql_expr_test: test.expect.filter(isOfLabels).map(({ atSeconds, fires }) => ({
      eval_time: duration(atSeconds),
      expr: `ALERTS{alertname="${alert.alert}", alertstate="firing"}`,
      exp_samples: fires.map((firing) => ({
        labels: seriesName("ALERTS", {
          alertname: alert.alert,
          alertstate: "firing",
          ...labelsFor(alert, firing),
          ...firing.labels,
        }),
        value: 1,
      })),
    })),
  };
}

/** The rule's own labels, the template among them as it comes out for what fired. */
function labelsFor(alert: Alert, { labels }: Firing): Record<string, string> {
  const { haltsFor } = alert;
  if (haltsFor === undefined) return labelsOf(alert);
  return { ...labelsOf(alert), halt: String(haltsFor.values.includes(labels[haltsFor.label] ?? "")) };
}

/** The sentence that belongs to what fired stands alone, without the template that chooses it. */
function inItsWords({ summariesFor, ...alert }: Alert, { labels }: Firing): Alert {
  if (summariesFor === undefined) return alert;
  const { label, sentences } = summariesFor;
  return { ...alert, summary: sentences[labels[label] ?? ""] ?? alert.summary };
}

function isOfLabels({ fires }: Moment): boolean {
  return fires.some(({ says }) => says === null);
}

/** What is scraped of a series: a number, `_` for nothing, `stale` for a scrape that failed. */
export function samplesOf(shape: readonly Segment[], everySeconds: number): string[] {
  let value = 0;
  return shape.flatMap((segment) => {
    const count = Math.round(segment.seconds / everySeconds);
    return Array.from({ length: count }, (_, index) => {
      if ("gone" in segment) return "_";
      if ("stale" in segment) return index === 0 ? "stale" : "_";
      value = "value" in segment ? segment.value : value + segment.perSecond * everySeconds;
      return String(Number(value.toPrecision(12)));
    });
  });
}

/** The templates with the labels in them, and what the story says stands for each number. */
function rendered(annotations: Record<string, string>, { labels, says }: Firing): Record<string, string> {
  const left = [...(says ?? [])];
  return Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => [
      name,
      text.replace(/\{\{ (.*?) \}\}/g, (_, template: string) => {
        const label = /^\$labels\.(\w+)$/.exec(template)?.[1];
        return label === undefined ? (left.shift() ?? "") : (labels[label] ?? "");
      }),
    ]),
  );
}
