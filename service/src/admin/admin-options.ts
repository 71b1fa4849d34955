import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";
import type { Halt } from "../halt/campaign-state.ts";
import type { CampaignMetrics } from "../metrics/campaign-metrics.ts";

export interface AdminOptions {
  readonly config: Pick<
    Config,
    "adminHost" | "adminPort" | "operatorsFile" | "breakGlassFile" | "alertsTokenFile"
  >;
  /** A pool of a role that may write the campaign's state. */
  readonly database: Pick<Database, "query">;
  /** Of the same process: in production the parent's own. */
  readonly halt: Halt;
  readonly campaignMetrics: Pick<CampaignMetrics, "showTrail">;
  readonly pages: AdminPages;
  readonly log: Logger;
}

/** Prometheus text; `renderAnomalies` is the small page that is scraped each second. */
export interface AdminPages {
  readonly contentType: string;
  render(): Promise<string>;
  renderAnomalies(): Promise<string>;
}
