import type { Notification, ToldAlert } from "./notification.ts";

/** Labels that every line says otherwise, or that tell a person nothing. */
const SAID_ALREADY = new Set(["alertname", "severity", "halt"]);
const LINE_CHARACTERS_MAX = 400;

/** One line for each alert of a notification, and one that counts those that Alertmanager cut off. */
export function linesOf({ route, receivedAtMs, alerts, truncatedAlerts }: Notification): string[] {
  const words = alerts.map(wordsOf);
  if (truncatedAlerts > 0) words.push(`and ${truncatedAlerts} more: see Alertmanager`);
  return words.map((each) => lineOf(receivedAtMs, route, each));
}

/** `22:41:03.123Z PAGE     words`, in UTC. */
export function lineOf(atMs: number, title: string, words: string): string {
  const time = new Date(atMs).toISOString().slice(11);
  return withoutControls(`${time} ${title.toUpperCase().padEnd(8)} ${words}`).slice(0, LINE_CHARACTERS_MAX);
}

function wordsOf({ status, labels, annotations }: ToldAlert): string {
  const more = Object.entries(labels)
    .filter(([name]) => !SAID_ALREADY.has(name))
    .map(([name, value]) => `${name}=${value}`);
  const head = [labels["alertname"] ?? "(unnamed)", ...more].join(" ");
  if (status === "resolved") return `${head}: over`;
  const { summary = "", runbook_url: runbook } = annotations;
  return `${head}: ${summary}${runbook === undefined ? "" : ` → ${runbook}`}`;
}

/** Labels are other people's words: in a terminal they must not move the cursor. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, " ");
}
