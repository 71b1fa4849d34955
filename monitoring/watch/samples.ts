import type { Sample, Sight } from "./ask-prometheus.ts";

/** What Prometheus answered, by question. */
export type Samples = Sight["samples"];

/** The answer of a question that has one number; null: Prometheus does not know. */
export function only(samples: readonly Sample[]): number | null {
  return samples[0]?.value ?? null;
}

/** Of instances that differ the worst: one that lets people in does not make the other open. */
const PHASES = ["halted", "unreadable", "open"];

export function phaseOf({ phase }: Samples): string | undefined {
  return PHASES.find((name) => phase.some(({ labels, value }) => labels["phase"] === name && value === 1));
}
