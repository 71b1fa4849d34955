import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { Admission } from "./admission/admission.ts";
import { renderMemberCard } from "./card/member-card.ts";
import type { MemberNumbers } from "./member/member-number.ts";
import type { ProfileReader } from "./member/profile-reader.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { parseSignup } from "./registration/parse-signup.ts";
import type { RegisterSignup } from "./registration/register-signup.ts";
import { createErrorEdge, type ErrorEdgeParts } from "./response/error-edge.ts";
import { ServiceError } from "./response/service-error.ts";
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

/** Ten times the largest honest form. */
const BODY_BYTES_MAX = 32_768;

/** The order of the routes and of their middleware is a request's way through the house. */
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

  // Admission stands before the body is read: who is refused costs nothing more. The waiting room joins it here.
  app.post("/signups", admit(parts), readJson(), async (req, res) => {
    const signup = parseSignup(req.body, req.get("idempotency-key"));
    const { profile, token } = await holdTurn(parts, res, () => parts.registerSignup(signup));
    metrics.countSignup("acknowledged");
    // The guard of the next issue stands between here and the writer.
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
      const route = req.route === undefined ? "none" : String(req.route.path);
      metrics.observeRequest(route, res.statusCode, (performance.now() - startedMs) / 1_000);
    });
    next();
  };
}

function admit({ admission, metrics }: AppParts): RequestHandler {
  return async (_req, res, next) => {
    const askedMs = performance.now();
    await admission.enter(() => res.destroyed || res.closed);
    res.once("close", () => {
      if (res.locals["isRegistering"] !== true) admission.leave();
    });
    const waitedMs = performance.now() - askedMs;
    res.locals["waitedMs"] = waitedMs;
    metrics.observeQueueWait(waitedMs / 1_000);
    next();
  };
}

/** The turn lasts as long as the work: people who hang up and come back must not add up to more than the door allows. */
async function holdTurn<Result>(
  { admission }: AppParts,
  res: Response,
  work: () => Promise<Result>,
): Promise<Result> {
  res.locals["isRegistering"] = true;
  try {
    return await work();
  } finally {
    res.locals["isRegistering"] = false;
    if (res.closed) admission.leave();
  }
}

function readJson(): RequestHandler {
  const parse = express.json({ limit: BODY_BYTES_MAX });
  return (req, res, next) => {
    if (req.is("application/json") === false) {
      throw new ServiceError("unsupported-media-type", "Send the signup as application/json.");
    }
    parse(req, res, next);
  };
}

/** The service's own times, so that overlap can be told at the origin (W3C Server Timing; milliseconds). */
function serverTiming(res: Response): string {
  const totalMs = performance.now() - res.locals["startedMs"];
  const queueMs: number = res.locals["waitedMs"];
  return `queue;dur=${queueMs.toFixed(1)}, work;dur=${(totalMs - queueMs).toFixed(1)}`;
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
