import { type Request, type Response, Router } from "express";
import type { Turn } from "../admission/admission.ts";
import type { Halt } from "../halt/campaign-state.ts";
import { requireOpen } from "../halt/require-open.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { parseSignup } from "../registration/parse-signup.ts";
import type { RegisterSignup } from "../registration/register-signup.ts";
import { parseJson, readJsonBytes } from "../request/body.ts";
import type { ResponseWriter } from "../response/response-writer.ts";
import { ServiceError } from "../service-error.ts";
import type { Appointment, WaitingRoom } from "../waiting-room/waiting-room.ts";
import { countAcknowledged } from "./count-acknowledged.ts";

export interface SignupRouteParts {
  readonly metrics: Metrics;
  readonly halt: Pick<Halt, "state">;
  readonly waitingRoom: Pick<WaitingRoom, "enter">;
  readonly writer: ResponseWriter;
  readonly registerSignup: RegisterSignup;
}

/** How a program becomes a member. */
export function signupRoutes(parts: SignupRouteParts): Router {
  const { halt, metrics, waitingRoom, writer } = parts;
  return Router().post("/signups", async (req, res) => {
    const ticket = req.get("ticket");
    if (ticket === undefined) metrics.countOffered();
    requireOpen(halt);
    const key = requireKey(req);
    const isGone = () => req.socket.destroyed;
    // Before the body is read: who is told to wait costs nothing more.
    const entry = await waitingRoom.enter({ ticket, key, isGone });
    switch (entry.kind) {
      case "turn":
        await takeTurn(parts, entry, req, res);
        break;
      case "booked":
        metrics.countSignup("waiting");
        metrics.countError("waiting");
        writeAppointment(writer, res, entry);
        break;
      case "full":
        throw busy("Everybody who waits already fills the time there is");
      case "gone":
        throw busy("You have hung up");
    }
  });
}

/**
 * The turn lasts as long as the work, not the connection: people who hang up and come back must not add up to more than
 * the door allows.
 */
async function takeTurn(
  parts: SignupRouteParts,
  { turn, ticketNumber }: { readonly turn: Turn; readonly ticketNumber: string | null },
  req: Request,
  res: Response,
): Promise<void> {
  const { metrics, writer } = parts;
  let tookMs: number | undefined;
  try {
    // Once more: it may have been closed while they queued.
    requireOpen(parts.halt);
    const signup = parseSignup(parseJson(await readJsonBytes(req)), requireKey(req));
    const startedMs = performance.now();
    const untilMs = startedMs + WORK_SECONDS_MAX * 1_000;
    const isStillWanted = () => !req.socket.destroyed && performance.now() < untilMs;
    const registering = parts.registerSignup(signup, { ticketNumber, isStillWanted });
    const { profile, token } = await registering.catch((error: unknown) => {
      if (showsPace(error, performance.now() - startedMs)) tookMs = performance.now() - startedMs;
      throw error;
    });
    tookMs = performance.now() - startedMs;
    countAcknowledged(metrics, req, res);
    writer.write(res, {
      status: 201,
      headers: { Location: "/me", "Server-Timing": serverTiming(res, turn.queuedMs) },
      session: token,
      body: { json: profile },
    });
  } finally {
    turn.leave(tookMs);
  }
}

/** Beyond this the person has given up, and would be registered behind their back. */
export const WORK_SECONDS_MAX = 8;

/** A database that says no at once says nothing about its pace; one that takes seconds to fail says it all. */
const SLOW_FAILURE_MS = 1_000;

/** An address that is taken cost as much as a member does; whoever was dropped cost nothing. */
function showsPace(error: unknown, tookMs: number): boolean {
  if (error instanceof ServiceError) return error.code !== "busy";
  return tookMs >= SLOW_FAILURE_MS;
}

/** Without a key a lost answer could not be asked for again, and a ticket would be anybody's. */
function requireKey(req: Request): string {
  const key = req.get("idempotency-key");
  if (key === undefined)
    throw new ServiceError("key-missing", "Send an Idempotency-Key, a new random text for each person.");
  return key;
}

function writeAppointment(writer: ResponseWriter, res: Response, appointment: Appointment): void {
  const { ticket, place, comeBackAtMs, comeBackInSeconds, retryAfterSeconds } = appointment;
  const detail =
    "Many people are signing up at this moment. Come back at the time told, with this ticket in the header Ticket and the same Idempotency-Key. Nothing was registered.";
  writer.write(res, {
    status: 503,
    headers: { "Retry-After": String(retryAfterSeconds) },
    body: {
      json: {
        code: "waiting",
        detail,
        ticket,
        place,
        comeBackAt: new Date(comeBackAtMs).toISOString(),
        comeBackInSeconds: Number(comeBackInSeconds.toFixed(3)),
      },
    },
  });
}

function busy(reason: string): ServiceError {
  return new ServiceError("busy", `${reason}. Nothing was registered; please come back later.`);
}

/** The service's own times, so that overlap can be told at the origin (W3C Server Timing; milliseconds). */
function serverTiming(res: Response, queuedMs: number): string {
  const totalMs = performance.now() - res.locals["startedMs"];
  return `queue;dur=${queuedMs.toFixed(1)}, work;dur=${(totalMs - queuedMs).toFixed(1)}`;
}
