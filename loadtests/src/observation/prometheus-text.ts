// The one reader on npm for this format (parse-prometheus-text-format) dates from 2019 and throws on the first odd line.

/**
 * Sum of the series that a selector (`name` or `name{label="value"}`, further labels free) names in a page of the
 * Prometheus text format or OpenMetrics; null where there is none.
 */
export function readSeries(page: string, selector: string): number | null {
  const wanted = parseSeries(selector);
  let sum: number | null = null;
  for (const line of page.split("\n")) {
    if (!line.startsWith(wanted.name)) continue;
    const [, series = "", value = ""] = SAMPLE.exec(line) ?? [];
    const found = parseSeries(series);
    if (found.name !== wanted.name || !hasLabels(found.labels, wanted.labels)) continue;
    const number = Number(value.replace("Inf", "Infinity"));
    if (Number.isFinite(number)) sum = (sum ?? 0) + number;
  }
  return sum;
}

interface Series {
  name: string;
  labels: Map<string, string>;
}

/** Series, value, and perhaps a time stamp or an exemplar. Braces and blanks may stand inside a label's value. */
const SAMPLE = /^([a-zA-Z_:][\w:]*(?:\s*\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})?)\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;

function parseSeries(text: string): Series {
  const name = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? "";
  const labels = [...text.matchAll(LABEL)].map(
    ([, label = "", value = ""]) => [label, unquoted(value)] as const,
  );
  return { name, labels: new Map(labels) };
}

function unquoted(value: string): string {
  return value.replace(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign));
}

function hasLabels(found: Map<string, string>, wanted: Map<string, string>): boolean {
  return [...wanted].every(([label, value]) => found.get(label) === value);
}
