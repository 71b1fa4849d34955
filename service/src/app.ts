import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { Admission } from "./admission/admission.ts";
import { renderMemberCard } from "./card/member-card.ts";
import type { MemberNumbers } from "./member/member-number.ts";
import type { ProfileReader } from "./member/profile-reader.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { parseSignup } from "./registration/parse-signup.ts";
import type { RegisterSignup } from "./registration/register-signup.ts";
import { createErrorEdge, type ErrorEdgeParts, routeOf } from "./response/error-edge.ts";
import { ServiceError } from "./service-error.ts";
import type { Session, SessionStore } from "./session/session-store.ts";
import { hashSessionToken, sessionTokenIn } from "./session/session-token.ts";

export interface AppParts extends ErrorEdgeParts {
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly numbers: MemberNumbers;
  readonly sessions: SessionStore;
  readonly profiles: ProfileReader;
  readonly registerSignup: RegisterSignup;
  /** Rejects where the service should get no requests now. */
  checkReady(): Promise<void>;
}

/** The largest form the schema lets through has 4,226 characters: 25 kB with each of them escaped as \uXXXX. */
const BODY_BYTES_MAX = 32_768;

/** The order of the lines is a request's way through the house. */
export function createApp(parts: AppParts): Express {
  const { metrics, numbers, profiles, writer } = parts;
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", false);
  app.use(observeRequests(metrics));

  app.get("/healthz", (_req, res) => writer.write(res, { status: 200, body: { json: { status: "alive" } } }));
  app.get("/readyz", async (_req, res) => {
    await parts.checkReady();
    writer.write(res, { status: 200, body: { json: { status: "ready" } } });
  });
  app.get("/metrics", async (_req, res) => {
    res.type(metrics.contentType).send(await metrics.render());
  });

  app.post("/signups", async (req, res) => {
    const { profile, token } = await takeTurn(parts, req, res, async () => {
      const body = await readJson(req, res);
      return parts.registerSignup(parseSignup(body, req.get("idempotency-key")));
    });
    metrics.countSignup("acknowledged");
    writer.write(res, {
      status: 201,
      headers: { Location: "/me", "Server-Timing": serverTiming(res) },
      session: token,
      body: { json: profile },
    });
  });
  app.get("/me", async (req, res) => {
    const session = await requireSession(parts, req);
    writer.write(res, { status: 200, body: { json: await readProfile(profiles, session, req) } });
  });
  app.get("/members/:number/card", async (req, res) => {
    const session = await requireSession(parts, req);
    const number = numbers.parse(req.params.number);
    // Somebody else's number and one that never existed get the same answer: a number is no key to anything.
    if (number === undefined || number !== session.number)
      throw new ServiceError("not-found", "There is no such card.");
    const svg = renderMemberCard(await readProfile(profiles, session, req));
    writer.write(res, { status: 200, body: { svg } });
  });

  app.use(() => {
    throw new ServiceError("not-found", "There is nothing here.");
  });
  app.use(createErrorEdge(parts));
  return app;
}

function observeRequests(metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const startedMs = performance.now();
    res.locals["startedMs"] = startedMs;
    res.once("close", () => {
      const status = res.headersSent ? res.statusCode : undefined;
      metrics.observeRequest(routeOf(req), status, (performance.now() - startedMs) / 1_000);
    });
    next();
  };
}

/**
 * Admission stands before the body is read: who is refused costs nothing more. The turn lasts as long as the work, not
 * the connection: people who hang up and come back must not add up to more than the door allows.
 */
async function takeTurn<Result>(
  { admission, metrics }: AppParts,
  req: Request,
  res: Response,
  work: () => Promise<Result>,
): Promise<Result> {
  const askedMs = performance.now();
  await admission.enter(() => req.destroyed);
  try {
    const queuedMs = performance.now() - askedMs;
    res.locals["queuedMs"] = queuedMs;
    metrics.observeQueueWait(queuedMs / 1_000);
    return await work();
  } finally {
    admission.leave();
  }
}

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

async function requireSession({ sessions }: AppParts, req: Request): Promise<Session> {
  const token = sessionTokenIn(req.headers.cookie);
  const session = token === undefined ? undefined : await sessions.find(hashSessionToken(token));
  if (session === undefined)
    throw new ServiceError("no-session", "Please sign up first; there is no session.");
  return session;
}

async function readProfile(profiles: ProfileReader, session: Session, req: Request) {
  const profile = await profiles.read({ session, path: req.path });
  if (profile === undefined) throw new ServiceError("no-session", "The member of this session is gone.");
  return profile;
}
