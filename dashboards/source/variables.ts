import type { VariableSpec } from "./panel.ts";

export const INSTANCE: VariableSpec = {
  name: "instance",
  label: "Service",
  description: "Which of the service's instances",
  metric: "crowdproof_workers",
  sourceLabel: "instance",
};

export const RUN: VariableSpec = {
  name: "run",
  label: "Run",
  description: "Which run of the harness, the newest first",
  metric: "crowdproof_run_planned_visitors",
  sourceLabel: "run",
};

export const TARGET: VariableSpec = {
  name: "target",
  label: "Probed",
  description: "Which system the probe visits, by the name in its target file",
  metric: "crowdproof_probe_visitors_total",
  sourceLabel: "target",
};
