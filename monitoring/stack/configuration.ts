import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { production } from "../rules/parameters.ts";
import { UsageError } from "./usage-error.ts";

/** `quick` shortens every wait, so that a test sees in seconds what production tells in minutes. */
export type Parameters = "production" | "quick";

const MONITORING = join(import.meta.dirname, "..");
export const PROMETHEUS_FILE = join(MONITORING, "prometheus", "prometheus.yml");
export const ALERTMANAGER_FILE = join(MONITORING, "alertmanager", "alertmanager.yml");
export const RULES_FILE = join(MONITORING, "rules", "crowdproof.yml");

/** Addresses as the committed files have them: names that Docker's network knows. */
const IN_DOCKER = { service: "http://service:3001", receiver: "http://receiver:9095" } as const;

/** The committed prometheus.yml, with the label that tells one run's alerts from another's. */
export function prometheusYaml(parameters: Parameters, runLabel: string | undefined): string {
  const text = withParameters(readFileSync(PROMETHEUS_FILE, "utf8"), parameters);
  if (runLabel === undefined) return text;
  return replaceAll(text, "external_labels: {}", `external_labels: { run: ${JSON.stringify(runLabel)} }`);
}

export interface Receivers {
  readonly receiverUrl: string;
  /** Where the kill switch is, and its token; absent: the receiver says that nothing was halted. */
  readonly killSwitch: { readonly adminUrl: string; readonly tokenFile: string } | undefined;
}

/** The committed alertmanager.yml, sent to where the receiver and the kill switch really are. */
export function alertmanagerYaml(parameters: Parameters, { receiverUrl, killSwitch }: Receivers): string {
  const text = withParameters(readFileSync(ALERTMANAGER_FILE, "utf8"), parameters);
  const told = replaceAll(text, IN_DOCKER.receiver, receiverUrl);
  if (killSwitch !== undefined) {
    const halting = replaceAll(told, IN_DOCKER.service, killSwitch.adminUrl);
    return replaceAll(halting, "secrets/alerts.token", JSON.stringify(killSwitch.tokenFile));
  }
  const AUTHORIZATION = /\n +authorization:\n +type: Bearer\n +credentials_file: .*/;
  return replaceAll(told, `${IN_DOCKER.service}/alerts`, `${receiverUrl}/no-kill-switch`).replace(
    AUTHORIZATION,
    "",
  );
}

/** Rules or dashboards whose links lead to this receiver and this Grafana; none of that: to where they lead as committed. */
export function withLinks(text: string, receiverUrl: string, grafanaUrl: string | undefined): string {
  const linked = text.replaceAll(production.runbookBase, `${receiverUrl}/runbooks`);
  return grafanaUrl === undefined ? linked : linked.replaceAll(production.dashboardBase, grafanaUrl);
}

export function readRules(file = RULES_FILE): string {
  if (!existsSync(file))
    throw new UsageError(`There are no rules at ${file}. Write them with: npm run rules`);
  return readFileSync(file, "utf8");
}

/** `key: 5s # quick: 1s` → `key: 1s`. */
function withParameters(text: string, parameters: Parameters): string {
  return parameters === "production" ? text : text.replaceAll(/\S+ # quick: (\S+)$/gm, "$1");
}

/** A word that is no longer in the committed file must not be passed over. */
function replaceAll(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`"${from}" is not in the committed configuration`);
  return text.replaceAll(from, to);
}
