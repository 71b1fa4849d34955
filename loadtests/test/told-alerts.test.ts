import { once } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import { followToldAlerts } from "../src/alerts/told-alerts.ts";
import { startAlertmanager } from "./alertmanager.ts";
import { type Desk, openDesk } from "./command-line.ts";
import { describeWith } from "./needs.ts";

const SOON = { timeout: 15_000, interval: 50 };
const CONFIG = `route: { receiver: nobody }
receivers: [{ name: nobody }]
inhibit_rules: [{ source_matchers: ['alertname="Cause"'], target_matchers: ['alertname="Symptom"'] }]
`;
const CAUSE = { alertname: "Cause" };
const SYMPTOM = { alertname: "Symptom", severity: "page" };

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(async () => {
  await desk.close();
});

describeWith("alertmanager", "what Alertmanager keeps back", (program) => {
  it("is kept back for as long as the other alert fires, and no longer", { timeout: 60_000 }, async () => {
    const { url, child } = await startAlertmanager(program, { folder: desk.path, config: CONFIG });
    const told = followToldAlerts({ alertmanagerUrl: url, receiverUrl: undefined });
    try {
      await post(url, [{ labels: CAUSE }, { labels: SYMPTOM }]);
      await expect.poll(() => told.isInhibited(SYMPTOM), SOON).toBe(true);
      expect(told.isInhibited(CAUSE)).toBe(false);
      const over = { endsAt: new Date().toISOString() };
      await post(url, [{ labels: CAUSE, ...over }]);
      await expect.poll(() => told.isInhibited(SYMPTOM), SOON).toBe(false);
      await post(url, [{ labels: CAUSE }]);
      await expect.poll(() => told.isInhibited(SYMPTOM), SOON).toBe(true);
      await post(url, [{ labels: SYMPTOM, ...over }]);
      await expect.poll(() => symptomsAt(url), SOON).toBe(0);
      // Gone, it stays as it was last seen.
      expect(told.isInhibited(SYMPTOM)).toBe(true);
    } finally {
      await told.close();
      child.kill("SIGKILL");
      await once(child, "close");
    }
  });
});

async function post(url: string, alerts: object[]): Promise<void> {
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts),
  });
  expect(answer.status).toBe(200);
}

async function symptomsAt(url: string): Promise<number> {
  const alerts = (await (await fetch(`${url}/api/v2/alerts`)).json()) as { labels: { alertname: string } }[];
  return alerts.filter(({ labels }) => labels.alertname === SYMPTOM.alertname).length;
}
