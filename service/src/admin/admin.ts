import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";
import type { Halt } from "../halt/campaign-state.ts";

export interface AdminOptions {
  readonly config: Config;
  /** A pool of a role that may write the campaign's state. */
  readonly database: Database;
  /** Of the same process: in production the parent's own. */
  readonly halt: Halt;
  readonly metrics: AdminPages;
  readonly log: Logger;
}

/** Prometheus text; `renderAnomalies` is the small page that is scraped each second. */
export interface AdminPages {
  readonly contentType: string;
  render(): Promise<string>;
  renderAnomalies(): Promise<string>;
}

export interface Admin {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on ADMIN_HOST:ADMIN_PORT. A UsageError where a credential file or the port is no good. */
export async function createAdmin(_options: AdminOptions): Promise<Admin> {
  throw new Error("not built yet");
}
