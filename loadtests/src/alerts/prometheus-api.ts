import { z } from "zod";
import type { Samples } from "./firings.ts";

/** What is asked of a Prometheus; an error says which question had no answer. */
export interface Prometheus {
  /** Of a range selector, such as `ALERTS[60s]`: the samples as they were written, without interpolation. */
  samples(selector: string): Promise<Samples[]>;
  rules(): Promise<Rule[]>;
  /** Base addresses of the Alertmanagers it tells. */
  alertmanagers(): Promise<string[]>;
  /** Of those whom it scrapes: `up`, `down`, `unknown`. */
  targets(): Promise<{ url: string; health: string; error: string }[]>;
}

/** One alerting rule. */
export interface Rule {
  name: string;
  state: string;
  /** `ok`, `err` or `unknown`. */
  health: string;
  error: string;
  intervalMs: number;
  /** Of its group; 0: never. */
  evaluatedMs: number;
}

const ANSWER_SECONDS_MAX = 10;
/** Alerts and rules of a house, not its metrics. */
const text = z.record(z.string(), z.string());

const MATRIX = z.object({
  resultType: z.literal("matrix"),
  result: z.array(z.object({ metric: text, values: z.array(z.tuple([z.number(), z.string()])) })),
});
const RULES = z.object({
  groups: z.array(
    z.object({
      interval: z.number(),
      lastEvaluation: z.string().default(""),
      rules: z.array(
        z.object({
          type: z.string(),
          name: z.string(),
          state: z.string().default("inactive"),
          health: z.string(),
          lastError: z.string().default(""),
        }),
      ),
    }),
  ),
});
const ALERTMANAGERS = z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })) });
const TARGETS = z.object({
  activeTargets: z.array(z.object({ scrapeUrl: z.string(), health: z.string(), lastError: z.string() })),
});

export function createPrometheus(baseUrl: string): Prometheus {
  const base = baseUrl.replace(/\/$/, "");
  const ask = async <Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.infer<Shape>> => {
    const answer = await fetch(base + path, {
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_SECONDS_MAX * 1_000),
    });
    const body = z.object({ status: z.string(), error: z.string().optional(), data: z.unknown() });
    const { status, error, data } = body.parse(await answer.json());
    if (status !== "success") throw new Error(error ?? `status ${status}`);
    return shape.parse(data);
  };
  return {
    async samples(selector) {
      const query = new URLSearchParams({ query: selector });
      return (await ask(`/api/v1/query?${query}`, MATRIX)).result;
    },
    async rules() {
      const { groups } = await ask("/api/v1/rules?type=alert", RULES);
      return groups.flatMap(({ interval, lastEvaluation, rules }) =>
        rules
          .filter(({ type }) => type === "alerting")
          .map(({ name, state, health, lastError }) => ({
            name,
            state,
            health,
            error: lastError,
            intervalMs: interval * 1_000,
            // Go's zero time, year 1, is never.
            evaluatedMs: Math.max(0, Date.parse(lastEvaluation) || 0),
          })),
      );
    },
    async alertmanagers() {
      const { activeAlertmanagers } = await ask("/api/v1/alertmanagers", ALERTMANAGERS);
      return activeAlertmanagers.map(({ url }) => url.replace(/\/api\/v\d\/alerts$/, ""));
    },
    async targets() {
      const { activeTargets } = await ask("/api/v1/targets?state=active", TARGETS);
      return activeTargets.map(({ scrapeUrl, health, lastError }) => ({
        url: scrapeUrl,
        health,
        error: lastError,
      }));
    },
  };
}

/** For a person; a connection that is refused is the commonest. */
export function whyNoAnswer(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error
    ? cause.message || String((cause as NodeJS.ErrnoException).code)
    : error.message;
}
