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
 * Waits for a turn to read for a member. It lasts until the answer is with the operating system, which takes a few
 * kilobytes at once whatever the client does; a body is read before, for that takes as long as its sender likes.
 */
export function readTurns({ admission, metrics }: ReadTurnParts) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const turn = await admission.enterRead(() => req.socket.destroyed);
    if (turn === undefined)
      throw new ServiceError("busy", "Too many people are reading at this moment. Please come back.");
    metrics.observeQueueWait("member", turn.queuedMs / 1_000);
    res.once("close", () => turn.leave());
  };
}

/** The same, standing before a route that has no body. */
export function takeReadTurn(parts: ReadTurnParts) {
  const takeTurn = readTurns(parts);
  return async (req: IncomingMessage, res: ServerResponse, next: NextFunction): Promise<void> => {
    await takeTurn(req, res);
    next();
  };
}
