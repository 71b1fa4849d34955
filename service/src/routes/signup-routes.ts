import { type Request, type Response, Router } from "express";
import { requireOpen } from "../halt/require-open.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { parseSignup } from "../registration/parse-signup.ts";
import { parseJson, readJsonBytes } from "../request/body.ts";
import type { ResponseWriter } from "../response/response-writer.ts";
import { ServiceError } from "../service-error.ts";
import type { Appointment, WaitingRoom } from "../waiting-room/waiting-room.ts";
import { countAcknowledged } from "./count-acknowledged.ts";
import { type LetIn, registerInTurn, type TurnParts } from "./register-in-turn.ts";

export interface SignupRouteParts extends TurnParts {
  readonly metrics: Metrics;
  readonly waitingRoom: Pick<WaitingRoom, "enter">;
  readonly writer: ResponseWriter;
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
        await register(parts, entry, req, res);
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

async function register(parts: SignupRouteParts, entry: LetIn, req: Request, res: Response): Promise<void> {
  // The body is read in the turn: only who was let in need send it.
  const readSignup = async () => parseSignup(parseJson(await readJsonBytes(req)), requireKey(req));
  const isGone = () => req.socket.destroyed;
  const { profile, token } = await registerInTurn(parts, entry, { readSignup, isGone });
  countAcknowledged(parts.metrics, req, res);
  parts.writer.write(res, {
    status: 201,
    headers: { Location: "/me", "Server-Timing": serverTiming(res, entry.turn.queuedMs) },
    session: token,
    body: { json: profile },
  });
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
