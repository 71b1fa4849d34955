import { QUESTIONS, type Question } from "./questions.ts";

/** One sample: its labels and value. `NaN` is Prometheus's own word for a quotient of nothing. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface FiringAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly sinceMs: number;
}

/** All that one picture shows. No samples: no data. */
export interface Sight {
  readonly atMs: number;
  readonly samples: Readonly<Record<Question, readonly Sample[]>>;
  /** Without the dead-man's switch, which fires always. */
  readonly firing: readonly FiringAlert[];
  /** The rules are there and evaluated: the dead-man's switch fires. */
  readonly isGuarded: boolean;
}

/** Prometheus is away, or not Prometheus: what it said, in a few words. */
export class PrometheusAway extends Error {
  override readonly name = "PrometheusAway";
}

/** One look. Throws PrometheusAway where there is no answer to all of it. */
export async function askPrometheus(url: string, signal?: AbortSignal): Promise<Sight> {
  const names = Object.keys(QUESTIONS) as Question[];
  const atMs = Date.now();
  const [alerts, ...answers] = await Promise.all([
    ask<{ alerts: RawAlert[] }>(url, "alerts", {}, signal),
    ...names.map((name) => ask<{ result: RawSample[] }>(url, "query", { query: QUESTIONS[name] }, signal)),
  ]);
  const samples = Object.fromEntries(
    names.map((name, at) => [
      name,
      (answers[at]?.result ?? []).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) })),
    ]),
  ) as Record<Question, Sample[]>;
  const firing = alerts.alerts.filter(({ state }) => state === "firing").map(alertOf);
  return {
    atMs,
    samples,
    firing: firing.filter(({ name }) => name !== WATCHDOG),
    isGuarded: firing.some(({ name }) => name === WATCHDOG),
  };
}

const WATCHDOG = "Watchdog";
const ANSWER_MS_MAX = 4_000;

interface RawSample {
  metric: Record<string, string>;
  value: [number, string];
}

interface RawAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: string;
  activeAt: string;
}

function alertOf({ labels, annotations, activeAt }: RawAlert): FiringAlert {
  return { name: labels["alertname"] ?? "", labels, annotations, sinceMs: Date.parse(activeAt) };
}

async function ask<Data>(
  url: string,
  path: string,
  form: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Data> {
  const asked = new URL(`api/v1/${path}`, url.endsWith("/") ? url : `${url}/`);
  asked.search = new URLSearchParams(form).toString();
  const limit = AbortSignal.timeout(ANSWER_MS_MAX);
  let answer: Response;
  try {
    answer = await fetch(asked, { signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) });
  } catch (error) {
    throw new PrometheusAway(whyNot(error), { cause: error });
  }
  const body = (await answer.json().catch(() => null)) as { data?: Data; error?: string } | null;
  if (body?.data !== undefined) return body.data;
  throw new PrometheusAway(body?.error ?? `status ${answer.status}, and no answer of Prometheus`);
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${ANSWER_MS_MAX / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause ? String(cause.code) : cause.message;
}
