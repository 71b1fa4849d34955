import express, { type Request, type Response, Router } from "express";
import type { Admission } from "../admission/admission.ts";
import type { Halt } from "../halt/campaign-state.ts";
import { requireOpen } from "../halt/require-open.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { parseSignup } from "../registration/parse-signup.ts";
import type { RegisterSignup } from "../registration/register-signup.ts";
import type { ResponseWriter } from "../response/response-writer.ts";
import { ServiceError } from "../service-error.ts";

export interface SignupRouteParts {
  readonly metrics: Metrics;
  readonly halt: Pick<Halt, "state">;
  readonly admission: Admission;
  readonly writer: ResponseWriter;
  readonly registerSignup: RegisterSignup;
}

/** How a program becomes a member. */
export function signupRoutes(parts: SignupRouteParts): Router {
  return Router().post("/signups", async (req, res) => {
    const { profile, token } = await takeTurn(parts, req, res, async () => {
      const body = await readJson(req, res);
      return parts.registerSignup(parseSignup(body, req.get("idempotency-key")));
    });
    parts.metrics.countSignup("acknowledged");
    parts.writer.write(res, {
      status: 201,
      headers: { Location: "/me", "Server-Timing": serverTiming(res) },
      session: token,
      body: { json: profile },
    });
  });
}

/**
 * Admission stands before the body is read: who is refused costs nothing more. The turn lasts as long as the work, not
 * the connection: people who hang up and come back must not add up to more than the door allows.
 */
async function takeTurn<Result>(
  { halt, admission, metrics }: SignupRouteParts,
  req: Request,
  res: Response,
  work: () => Promise<Result>,
): Promise<Result> {
  requireOpen(halt);
  const askedMs = performance.now();
  await admission.enter(() => req.destroyed);
  try {
    // Once more: it may have been closed while they queued.
    requireOpen(halt);
    const queuedMs = performance.now() - askedMs;
    res.locals["queuedMs"] = queuedMs;
    metrics.observeQueueWait(queuedMs / 1_000);
    return await work();
  } finally {
    admission.leave();
  }
}

/** The largest form the schema lets through has 4,226 characters: 25 kB with each of them escaped as \uXXXX. */
const BODY_BYTES_MAX = 32_768;
const parseJson = express.json({ limit: BODY_BYTES_MAX });

function readJson(req: Request, res: Response): Promise<unknown> {
  if (req.is("application/json") === false) {
    throw new ServiceError("unsupported-media-type", "Send the signup as application/json.");
  }
  return new Promise((resolve, reject) => {
    parseJson(req, res, (error?: unknown) => (error === undefined ? resolve(req.body) : reject(error)));
  });
}

/** The service's own times, so that overlap can be told at the origin (W3C Server Timing; milliseconds). */
function serverTiming(res: Response): string {
  const totalMs = performance.now() - res.locals["startedMs"];
  const queuedMs: number = res.locals["queuedMs"];
  return `queue;dur=${queuedMs.toFixed(1)}, work;dur=${(totalMs - queuedMs).toFixed(1)}`;
}
