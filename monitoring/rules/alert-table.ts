import { duration } from "./duration.ts";
import type { Parameters } from "./parameters.ts";
import type { Alert, RuleGroup } from "./rule.ts";

/** docs/alerts.md: every alert, what it means and from when on. */
export function alertTable(groups: readonly RuleGroup[], { identity }: Parameters): string {
  const rows = groups.flatMap((group) => group.alerts.map((alert) => row(group, alert)));
  return `# Alerts

Written by \`npm run rules\` from \`monitoring/rules/source\`, with the numbers of \`monitoring/rules/parameters.ts\`; the file that
Prometheus reads is \`monitoring/rules/crowdproof.yml\`. For each alert there is a runbook of its name, in English and Japanese,
in \`monitoring/runbooks\`, and stories that it is told in \`monitoring/rule-tests\`.

**page** wakes somebody, **ticket** is read at work, **campaign** is told to those who run it. Pages are symptoms; causes are
tickets. \`halt\`: Alertmanager's webhook closes the campaign for it ([halt.md](halt.md)). How many are expected and how many can be
served are no constants but metrics: \`crowdproof_plan_visitors_per_second\` and \`crowdproof_capacity_signups_per_second\`.

| alert | severity | what it means | when | evaluated each |
|---|---|---|---|---|
${rows.join("\n")}

## The first anomaly
\`increase() > 0\` needs two samples, and does not see what the first one has counted already. So the identity alerts have two
forms, and either fires: **A**, the counter rose or is new and above zero, together with an event of at most
${duration(identity.windowSeconds + identity.clockSkewSeconds)} ago, so that a gap in the scraping cannot make it fire again;
**B**, the event's own time is at most ${duration(identity.windowSeconds)} ago and at most ${duration(identity.clockSkewSeconds)} ahead. No \`for\`, and never the target of an inhibition.
What lies before the last reopening is no news. An alert goes on firing for ${duration(identity.keepFiringSeconds)} after its reason is gone, no longer, so that
an old page is over soon after a reopening; \`ProbeSawForeignData\` is over with the reopening, for what the probe sees next must begin
anew to halt again ([halt.md](halt.md)), and its A looks back no further than B. One that the service has pushed itself it ends when it learns
of the reopening; where it cannot, that is five minutes after the last post ([guard.md](guard.md)). A probe's is over five minutes after what it saw
last, and begins anew with each thing that it sees.

They do not see: an event whose process ended before any scrape, or that is first scraped more than ${duration(identity.windowSeconds + identity.clockSkewSeconds)} late (a probe's: ${duration(identity.windowSeconds)}; the push tells the
first, the auditor's state both); an event whose process' clock is as far behind. One whose clock is far ahead is told at once,
and once more when that time comes.
`;
}

function row({ everySeconds }: RuleGroup, alert: Alert): string {
  const { severity, summary, threshold } = alert;
  const words = summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, "*$1*");
  return `| \`${alert.alert}\` | ${severity}${haltOf(alert)} | ${words} | ${threshold} | ${duration(everySeconds)} |`;
}

function haltOf({ isHalting, haltsFor }: Alert): string {
  if (!isHalting) return "";
  return haltsFor === undefined
    ? ", `halt`"
    : `, \`halt\` where *${haltsFor.label}* is ${haltsFor.values.join(", ")}`;
}
