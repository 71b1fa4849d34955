/** One line of an answer: its labels, and its values in time. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Half a second: what the stack of a test scrapes by. */
const STEP_SECONDS = 0.5;

/** What Prometheus has for a query from then until now; throws its own words where it does not take it. */
export async function queryRange(
  prometheusUrl: string,
  query: string,
  fromSeconds: number,
): Promise<Series[]> {
  const body = new URLSearchParams({
    query,
    start: fromSeconds.toFixed(3),
    end: (Date.now() / 1_000).toFixed(3),
    step: `${STEP_SECONDS}`,
  });
  const answer = await fetch(`${prometheusUrl}/api/v1/query_range`, { method: "POST", body });
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data?: { result: Series[] };
  };
  if (status !== "success" || data === undefined) throw new Error(`${query}: ${error}`);
  return data.result;
}

/** Numbers, of all lines; a histogram that saw nothing has none. */
export function numbersIn(series: readonly Series[]): number[] {
  return series.flatMap(({ values }) =>
    values.map(([, value]) => Number(value)).filter((value) => !Number.isNaN(value)),
  );
}
