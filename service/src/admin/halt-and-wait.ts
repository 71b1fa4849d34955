import { setTimeout as sleep } from "node:timers/promises";
import type { CampaignState, Halt, HaltCause } from "../halt/campaign-state.ts";
import { AdminError } from "./admin-error.ts";

/** Longer than a healthy database ever takes; then the asker had better ask again. */
const WRITTEN_MS_MAX = 2_000;

/** Halts here at once; resolves when every other process can know. `unwritten` asks whoever sent it to send it again. */
export async function haltAndWait(halt: Halt, cause: HaltCause): Promise<CampaignState> {
  halt.trip(cause);
  const written = await Promise.race([halt.settled().then(() => true), sleep(WRITTEN_MS_MAX, false)]);
  if (written) return halt.state();
  throw new AdminError(
    "unwritten",
    "Closed here; the database has not taken it yet, and it is tried again until it does. Processes that cannot read it close by themselves.",
  );
}
