import type { IncomingMessage, ServerResponse } from "node:http";
import type { NextFunction } from "express";
import type { Admission } from "../admission/admission.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { ServiceError } from "../service-error.ts";

export interface ReadTurnParts {
  readonly admission: Pick<Admission, "enterRead">;
  readonly metrics: Pick<Metrics, "observeQueueWait">;
}

/**
 * Stands before a route that reads for a member: the turn lasts until its answer is with the operating system, which
 * takes a few kilobytes at once whatever the client does.
 */
export function takeReadTurn({ admission, metrics }: ReadTurnParts) {
  return async (req: IncomingMessage, res: ServerResponse, next: NextFunction): Promise<void> => {
    const turn = await admission.enterRead(() => req.socket.destroyed);
    if (turn === undefined)
      throw new ServiceError("busy", "Too many people are reading at this moment. Please come back.");
    metrics.observeQueueWait("member", turn.queuedMs / 1_000);
    res.once("close", () => turn.leave());
    next();
  };
}
