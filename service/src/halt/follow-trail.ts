import type { Database } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { Trail } from "../metrics/campaign-metrics.ts";

const READ_TRAIL = readStatement(import.meta.url, "read-trail.sql");
/** As often as the small metrics page is scraped. */
const FOLLOW_EVERY_MS = 1_000;

/** Shows the audit trail's totals each second, for as long as the database can be read; the last ones stay. */
export function followTrail(
  database: Pick<Database, "query">,
  show: (trail: Trail) => void,
): { close(): Promise<void> } {
  let underWay: Promise<void> | undefined;
  async function read(): Promise<void> {
    const trails = await database.query<Trail>(READ_TRAIL).catch(() => []);
    for (const trail of trails) show(trail);
  }
  const look = () => {
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
  };
  look();
  const timer = setInterval(look, FOLLOW_EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await underWay;
    },
  };
}
