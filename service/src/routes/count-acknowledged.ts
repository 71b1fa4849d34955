import type { Request, Response } from "express";
import type { Metrics } from "../metrics/metrics.ts";

/**
 * Somebody is a member. Who hung up before is told nothing, and the service was no slower for it: their time counts to
 * this moment; everybody else's until their answer, or they, are gone.
 */
export function countAcknowledged(
  metrics: Pick<Metrics, "countSignup" | "observeSignupLatency">,
  req: Request,
  res: Response,
): void {
  metrics.countSignup("acknowledged");
  if (req.socket.destroyed) {
    metrics.observeSignupLatency((performance.now() - Number(res.locals["startedMs"])) / 1_000);
    return;
  }
  res.locals["isMember"] = true;
}
