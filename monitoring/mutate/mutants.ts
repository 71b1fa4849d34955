import { duration } from "../rules/duration.ts";
import type { Alert, Recording, RuleGroup } from "../rules/rule.ts";
import { type Mutation, mutationsOf } from "./mutations.ts";

/** The rules with one thing changed in one of them. */
export interface Mutant {
  /** Names it in the list of survivors: rule, operator, change. */
  readonly id: string;
  readonly rule: string;
  readonly operator: Mutation["operator"];
  readonly groups: readonly RuleGroup[];
}

export function mutantsOf(groups: readonly RuleGroup[]): Mutant[] {
  return groups.flatMap((group) => [
    ...group.recordings.flatMap((recording) => recordingMutants(recording, groups)),
    ...group.alerts.flatMap((alert) => alertMutants(alert, groups)),
  ]);
}

function recordingMutants(recording: Recording, groups: readonly RuleGroup[]): Mutant[] {
  return mutationsOf(recording.expr.trim()).map(({ operator, change, expr }) => ({
    ...named(recording.record, operator, change),
    groups: groups.map((group) => ({
      ...group,
      recordings: group.recordings.map((each) => (each === recording ? { ...each, expr } : each)),
    })),
  }));
}

function alertMutants(alert: Alert, groups: readonly RuleGroup[]): Mutant[] {
  const replace = (by: Alert) =>
    groups.map((group) => ({ ...group, alerts: group.alerts.map((each) => (each === alert ? by : each)) }));
  const inExpression = mutationsOf(alert.expr.trim()).map(({ operator, change, expr }) => ({
    ...named(alert.alert, operator, change),
    groups: replace({ ...alert, expr }),
  }));
  const inFor = otherDurations(alert.forSeconds ?? 0, 60).map((seconds) => ({
    ...named(alert.alert, "for", `${duration(alert.forSeconds ?? 0)} → ${duration(seconds)}`),
    groups: replace({ ...alert, forSeconds: seconds }),
  }));
  const inKeep = otherDurations(alert.keepFiringSeconds ?? 0, 60).map((seconds) => ({
    ...named(
      alert.alert,
      "keep_firing_for",
      `${duration(alert.keepFiringSeconds ?? 0)} → ${duration(seconds)}`,
    ),
    groups: replace({ ...alert, keepFiringSeconds: seconds }),
  }));
  return [...inExpression, ...inFor, ...inKeep];
}

/** None, half, twice; one where there is none. */
function otherDurations(seconds: number, insteadOfNone: number): number[] {
  return seconds === 0 ? [insteadOfNone] : [0, seconds / 2, seconds * 2];
}

function named(rule: string, operator: Mutation["operator"], change: string) {
  return { id: `${rule} · ${operator} · ${change}`, rule, operator };
}
