import { type Request, type Response, Router } from "express";
import { requireOpen } from "../halt/require-open.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { keepSentForm, type SentForm } from "../pages/error-page.ts";
import { renderFormPage } from "../pages/form-page.ts";
import { parseJoinForm, signupBodyOf } from "../pages/join-form.ts";
import { renderMemberPage } from "../pages/member-page.ts";
import { address, type Reader, readerOf } from "../pages/reader.ts";
import { TEXTS } from "../pages/texts.ts";
import { clockTime, duration } from "../pages/told-time.ts";
import { renderWaitPage } from "../pages/wait-page.ts";
import { parseSignup, type Signup } from "../registration/parse-signup.ts";
import { readFormBytes } from "../request/body.ts";
import type { ResponseWriter } from "../response/response-writer.ts";
import { ServiceError } from "../service-error.ts";
import type { SessionStore } from "../session/session-store.ts";
import { hashSessionToken, sessionTokenIn } from "../session/session-token.ts";
import type { Appointment, PageLook, WaitingRoom } from "../waiting-room/waiting-room.ts";
import { countAcknowledged } from "./count-acknowledged.ts";
import { type MemberRouteParts, readOwnProfile } from "./member-routes.ts";
import { type LetIn, registerInTurn, type TurnParts } from "./register-in-turn.ts";
import { takeReadTurn } from "./take-read-turn.ts";

export interface PageRouteParts extends MemberRouteParts, TurnParts {
  readonly metrics: Metrics;
  readonly waitingRoom: Pick<WaitingRoom, "enter" | "arrive" | "look">;
  readonly writer: ResponseWriter;
  readonly sessions: SessionStore;
}

/** How a person becomes a member: they wait before the form, and whoever was shown the form keeps their place. */
export function pageRoutes(parts: PageRouteParts): Router {
  const { writer, sessions } = parts;
  const readTurn = takeReadTurn(parts);
  return Router()
    .get("/", (req, res) => {
      const isKnown = sessionTokenIn(req.headers.cookie) !== undefined;
      sendOn(writer, res, address(isKnown ? "/member" : "/join", readerOf(req)));
    })
    .get("/join", async (req, res) => {
      requireOpen(parts.halt);
      await showPlace(parts, readerOf(req), res);
    })
    .post("/join", (req, res) => takeForm(parts, req, res))
    .get("/member", readTurn, async (req, res) => {
      const profile = await readOwnProfile(parts, req);
      const { headers, html } = renderMemberPage(readerOf(req), profile);
      writer.write(res, { status: 200, headers, body: { html }, witness: profile });
    })
    .post("/leave", readTurn, async (req, res) => {
      const token = sessionTokenIn(req.headers.cookie);
      if (token !== undefined) await sessions.end(hashSessionToken(token));
      writer.write(res, { status: 303, headers: { Location: address("/", readerOf(req)) }, session: null });
    });
}

/** The form or the wait page. A new place gets an address of its own, so that loading the page again does not lose it. */
async function showPlace({ waitingRoom, writer }: PageRouteParts, reader: Reader, res: Response) {
  const look = reader.ticket === undefined ? undefined : waitingRoom.look(reader.ticket);
  if (look?.kind === "due") return writeForm(writer, res, reader, look);
  if (look?.kind === "early") return writeWait(writer, res, reader, look);
  const place = await arrive(waitingRoom);
  if (place.kind === "due") return writeForm(writer, res, reader, place);
  sendOn(writer, res, address("/join", reader, place.ticket));
}

async function arrive(waitingRoom: Pick<WaitingRoom, "arrive">): Promise<PageLook> {
  const place = await waitingRoom.arrive();
  if (place.kind === "full") throw busy("Everybody who waits already fills the time there is");
  return place;
}

/**
 * A form that was sent. Only who holds a ticket of ours was shown one, so for others not a byte is read. It is read and
 * checked before the door: a mistake in it costs its sender no turn, and a slow line holds none.
 */
async function takeForm(parts: PageRouteParts, req: Request, res: Response): Promise<void> {
  const { halt, waitingRoom, writer } = parts;
  const reader = readerOf(req);
  const look = reader.ticket === undefined ? undefined : waitingRoom.look(reader.ticket);
  if (look === undefined || look.kind === "invalid") {
    requireOpen(halt);
    return sendOn(writer, res, address("/join", reader));
  }
  // A form that is sent before its time is sent again.
  if (look.kind !== "early") parts.metrics.countOffered();
  const form = { ...parseJoinForm(await readFormBytes(req)), ticket: reader.ticket ?? "" };
  keepSentForm(res, form);
  requireOpen(halt);
  if (look.kind === "early") return askAgainLater(parts, reader, res, { form, appointment: look });
  if (form.key === "") throw new ServiceError("key-missing", "Send the key that is in the form.");
  const signup = parseSignup(signupBodyOf(form), form.key);
  // Whoever took longer than the form pass holds comes as anybody else, but with the form filled in.
  const pass = look.kind === "due" ? look : await arrive(waitingRoom);
  if (pass.kind === "early") return askAgainLater(parts, reader, res, { form, appointment: pass });
  // The ticket's own key opens the door; the form's makes it one signup, also where it is sent again with a later ticket.
  const isGone = () => req.socket.destroyed;
  const entry = await waitingRoom.enter({ ticket: pass.ticket, key: pass.key, isGone });
  switch (entry.kind) {
    case "turn":
      return register(parts, req, res, { signup, ...entry });
    case "booked":
      return askAgainLater(parts, reader, res, {
        form,
        appointment: await asPagePlace(waitingRoom, entry),
      });
    case "full":
      throw busy("Everybody who waits already fills the time there is");
    case "gone":
      throw busy("You have hung up");
  }
}

async function register(
  parts: PageRouteParts,
  req: Request,
  res: Response,
  { signup, ...entry }: LetIn & { readonly signup: Signup },
): Promise<void> {
  const sender = { readSignup: () => signup, isGone: () => req.socket.destroyed };
  const { profile, token } = await registerInTurn(parts, entry, sender);
  countAcknowledged(parts.metrics, req, res);
  const location = address("/member", readerOf(req));
  parts.writer.write(res, {
    status: 303,
    headers: { Location: location },
    session: token,
    witness: profile,
  });
}

/** A ticket worn out by many tries makes a newcomer, whose place is a program's: a page needs one of its own kind. */
async function asPagePlace(waitingRoom: Pick<WaitingRoom, "arrive" | "look">, booked: Appointment) {
  const look = waitingRoom.look(booked.ticket);
  return look.kind === "early" ? look : arrive(waitingRoom);
}

function askAgainLater(
  { metrics, writer }: PageRouteParts,
  reader: Reader,
  res: Response,
  { form, appointment }: { readonly form: SentForm; readonly appointment: PageLook },
): void {
  // Due again by now: then it is only a matter of sending it once more.
  if (appointment.kind === "due") {
    keepSentForm(res, { ...form, ticket: appointment.ticket });
    throw busy("Your turn has just come");
  }
  const { language } = reader;
  const { ticket, comeBackAtMs, comeBackInSeconds, retryAfterSeconds } = appointment;
  const note = TEXTS[language].form.waitNote(clockTime(comeBackAtMs), duration(comeBackInSeconds, language));
  const content = { ...form, ticket, note: { ...note, code: "waiting" } };
  metrics.countSignup("waiting");
  const { headers, html } = renderFormPage(reader, content);
  writer.write(res, {
    status: 503,
    headers: { ...headers, "Retry-After": String(retryAfterSeconds) },
    body: { html },
  });
}

function writeForm(
  writer: ResponseWriter,
  res: Response,
  reader: Reader,
  look: PageLook & { kind: "due" },
): void {
  const { headers, html } = renderFormPage(reader, look);
  writer.write(res, { status: 200, headers, body: { html } });
}

/** 503, as programs are told: nothing between us and the reader may keep it, or take it for the form. */
function writeWait(writer: ResponseWriter, res: Response, reader: Reader, appointment: Appointment): void {
  const { headers, html } = renderWaitPage(reader, appointment);
  const retryAfter = String(appointment.retryAfterSeconds);
  writer.write(res, { status: 503, headers: { ...headers, "Retry-After": retryAfter }, body: { html } });
}

function sendOn(writer: ResponseWriter, res: Response, location: string): void {
  writer.write(res, { status: 303, headers: { Location: location } });
}

function busy(reason: string): ServiceError {
  return new ServiceError("busy", `${reason}. Nothing was registered; please come back later.`);
}
