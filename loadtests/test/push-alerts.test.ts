import { once } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Seen } from "../src/probe/alarm.ts";
import { createAlertPush } from "../src/probe/push-alerts.ts";
import { startAlertmanager } from "./alertmanager.ts";
import { type Desk, openDesk } from "./command-line.ts";
import { describeWith } from "./needs.ts";

const SOON = { timeout: 15_000, interval: 50 };
const CONFIG = "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n";
const PLACES = {
  target: "shop",
  runbookBaseUrl: "http://127.0.0.1:9095/runbooks",
  dashboardBaseUrl: "http://127.0.0.1:3002",
  metricsUrl: "http://127.0.0.1:9096/metrics",
};

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.close());

interface Held {
  startsAt: string;
  status: { state: string };
}

describeWith("alertmanager", "what a probe pushes", (program) => {
  it("begins with the last thing seen, also while what was seen before it still fires", async () => {
    const { url, child } = await startAlertmanager(program, { folder: desk.path, config: CONFIG });
    const startPush = () => createAlertPush({ urls: [url], places: PLACES, count() {}, say() {} });
    const held = async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as Held[];
    const begunMs = async () => (await held()).map(({ startsAt }) => Date.parse(startsAt));
    const push = startPush();
    const next = startPush();
    try {
      // What the campaign was closed for, four minutes ago; what is seen after people have reopened it, and by the next process.
      const [firstAtMs, againAtMs, nextAtMs] = [240, 10, 1].map((seconds) => Date.now() - seconds * 1e3) as [
        number,
        number,
        number,
      ];
      const seen = (lastAtMs: number): Seen[] => [{ check: "reads-own", firstAtMs, lastAtMs, times: 1 }];
      push.tell(seen(firstAtMs));
      await expect.poll(begunMs, SOON).toEqual([firstAtMs]);
      push.tell(seen(againAtMs));
      await expect.poll(begunMs, SOON).toEqual([againAtMs]);
      next.tell(seen(nextAtMs));
      await expect.poll(begunMs, SOON).toEqual([nextAtMs]);
      next.tell(seen(nextAtMs));
      await next.close();
      expect(await held()).toMatchObject([{ status: { state: "active" } }]);
    } finally {
      await Promise.all([push.close(), next.close()]);
      child.kill("SIGKILL");
      await once(child, "close");
    }
  }, 60_000);
});
