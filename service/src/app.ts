import express, { type Express, type RequestHandler } from "express";
import type { Metrics } from "./metrics/metrics.ts";
import { renderErrorPage } from "./pages/error-page.ts";
import { createErrorEdge, type ErrorEdgeParts, routeOf } from "./response/error-edge.ts";
import { type MemberRouteParts, memberRoutes } from "./routes/member-routes.ts";
import { type PageRouteParts, pageRoutes } from "./routes/page-routes.ts";
import { type SessionRouteParts, sessionRoutes } from "./routes/session-routes.ts";
import { type SignupRouteParts, signupRoutes } from "./routes/signup-routes.ts";
import { ServiceError } from "./service-error.ts";
import type { WaitingRoom } from "./waiting-room/waiting-room.ts";

export interface AppParts
  extends ErrorEdgeParts,
    SignupRouteParts,
    MemberRouteParts,
    SessionRouteParts,
    PageRouteParts {
  readonly waitingRoom: WaitingRoom;
  readonly metrics: Metrics;
  /** Rejects where the service should get no requests now. */
  checkReady(): Promise<void>;
}

/** The order of the lines is a request's way through the house. */
export function createApp(parts: AppParts): Express {
  const { metrics, writer } = parts;
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", false);
  app.use(observeRequests(metrics));

  app.get("/healthz", (_req, res) => writer.write(res, { status: 200, body: { json: { status: "alive" } } }));
  app.get("/readyz", async (_req, res) => {
    await parts.checkReady();
    writer.write(res, { status: 200, body: { json: { status: "ready" } } });
  });

  app.use(signupRoutes(parts));
  app.use(memberRoutes(parts));
  app.use(sessionRoutes(parts));
  app.use(pageRoutes(parts));

  app.use(() => {
    throw new ServiceError("not-found", "There is nothing here.");
  });
  app.use(createErrorEdge(parts, renderErrorPage));
  return app;
}

function observeRequests(metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const startedMs = performance.now();
    res.locals["startedMs"] = startedMs;
    res.once("close", () => {
      const status = res.headersSent ? res.statusCode : undefined;
      const seconds = (performance.now() - startedMs) / 1_000;
      metrics.observeRequest(routeOf(req), status, seconds);
      // One that the guard withheld is no acknowledgement any more.
      if (res.locals["isMember"] === true && res.statusCode < 400) metrics.observeSignupLatency(seconds);
    });
    next();
  };
}
