import { Router } from "express";
import { AdminError } from "./admin-error.ts";
import type { AdminOptions } from "./admin-options.ts";
import { haltAndWait } from "./halt-and-wait.ts";
import { judgeAlerts, WEBHOOK } from "./judge-alerts.ts";
import { readJson } from "./read-json.ts";
import { bearerOf, type RequireBearer } from "./require-bearer.ts";

/** A thousand alerts with all their labels. Alertmanager's `max_alerts` keeps a group below it. */
const BODY_BYTES_MAX = 262_144;

/** Alertmanager's webhook. It can close the campaign, and nothing else. */
export function alertRoutes({ halt, log }: AdminOptions, requireBearer: RequireBearer): Router {
  return Router(STRICT).post(
    "/alerts",
    requireBearer("alerts"),
    readJson(BODY_BYTES_MAX),
    async (req, res) => {
      const webhook = WEBHOOK.safeParse(req.body);
      if (!webhook.success)
        throw new AdminError("invalid-input", "Expected Alertmanager's webhook, version 4.");
      const { halting, counts } = judgeAlerts(webhook.data, Date.now());
      // Counts of our own words: labels and annotations are other people's, and a log outlives them.
      log.info({ alerts: counts }, "alerts came in");
      if (halting === undefined) return void res.json({ phase: halt.state().phase, counts });
      const { name, fingerprint } = bearerOf(res.locals);
      const { phase } = await haltAndWait(halt, {
        reason: `alert ${halting.alertname}`,
        atMs: halting.atMs,
        by: "alert",
        actor: name,
        credential: fingerprint,
      });
      res.json({ phase, counts });
    },
  );
}

export const STRICT = { caseSensitive: true, strict: true } as const;
