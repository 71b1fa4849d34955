import { relative } from "node:path";
import { PORTS } from "../catalogue/ports.ts";
import { howToInstall } from "./find-program.ts";
import type { Everything } from "./start-all.ts";
import type { PartialStack } from "./start-stack.ts";

/** One screen: where everything is, what is missing and what is lost without it, and what to type next. */
export function screenOf(everything: Everything, fault: string | undefined): string {
  const { service, stack, grafana, folder } = everything;
  const near = relative(process.cwd(), folder.path);
  const path = near.startsWith("..") ? folder.path : near;
  // The command wants a time zone; whole seconds are enough.
  const from = `${new Date().toISOString().slice(0, 19)}Z`;
  const withFault = fault === undefined ? "" : `, with the fault ${fault} switched on`;
  return `${headline(stack)}${withFault}. Ctrl-C stops all of it.

  sign up        ${service.url}/
  admin          ${service.adminUrl}/metrics  /metrics/anomalies  /state
${row("Prometheus", stack.prometheusUrl, "/alerts", LOST.prometheus)}
${row("Alertmanager", stack.alertmanagerUrl, "/#/alerts", LOST.alertmanager)}
  receiver       ${stack.receiverUrl}/notifications  /runbooks/IdAnomaly
${"url" in grafana ? row("Grafana", grafana.url, "/dashboards", "") : row("Grafana", null, "", LOST.grafana, grafana.missing)}

  ${path}/ is readable by you alone: jane.token and taro.token (reopen together), break-glass.token (alone, and
  pages), service.log, mails/, and env, which the commands below read.

In another terminal:
  send a campaign     . ${path}/env && npx crowdproof gate default --target loadtests/targets/reference.yaml \\
                        --metrics-port ${PORTS.gate}
  watch it            npx crowdproof watch${stack.prometheusUrl === null ? "   # needs Prometheus" : ` --prometheus ${stack.prometheusUrl}`}
  open a runbook      curl ${stack.receiverUrl}/runbooks/IdAnomaly   # in Japanese: -H 'Accept-Language: ja'
  who is affected     . ${path}/env && npx crowdproof blast-radius --from ${from}
  close it by hand    curl -H "Authorization: Bearer $(cat ${path}/jane.token)" -H 'Content-Type: application/json' \\
                        -d '{"reason":"I want to see it"}' ${service.adminUrl}/halt
  with a fault        Ctrl-C here, then: npm run up -- --fault module-variable     (all of them: docs/faults.md)
${stack.alertmanagerUrl === null ? "" : "\nWhat Alertmanager says, as it comes:\n"}`;
}

/** Without Prometheus the service still pushes what its guard sees; without Alertmanager nobody hears of anything. */
function headline({ prometheusUrl, alertmanagerUrl }: PartialStack): string {
  if (alertmanagerUrl === null) return "Up, but NOBODY IS PAGED: Alertmanager is not here";
  if (prometheusUrl === null)
    return "Up, but NO RULE PAGES ANYBODY: Prometheus is not here, only what the service itself pushes is told";
  return "Everything is up";
}

/** What nobody would see without it. */
const LOST = {
  prometheus: `no numbers, no rules, no dashboards. ${capital(howToInstall("prometheus"))}.`,
  alertmanager: `nobody is paged, and no alert closes the campaign. ${capital(howToInstall("alertmanager"))}.`,
  grafana: `no dashboards in the browser; \`npx crowdproof watch\` shows their first rows.\n                 ${capital(howToInstall("grafana"))}.`,
};

function row(name: string, url: string | null, path: string, lost: string, why = "not here"): string {
  return `  ${name.padEnd(14)} ${url === null ? `${why}: ${lost}` : `${url}${path}`}`;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
