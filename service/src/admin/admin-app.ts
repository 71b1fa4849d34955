import express, { type ErrorRequestHandler, type Express } from "express";
import type { Logger } from "pino";
import type { CampaignState } from "../halt/campaign-state.ts";
import { translateError } from "../response/translate-error.ts";
import { type AdminCode, AdminError, STATUS_OF_ADMIN_CODE } from "./admin-error.ts";
import type { AdminOptions } from "./admin-options.ts";
import { alertRoutes } from "./alert-routes.ts";
import type { Recognise } from "./credentials.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { createRequireBearer } from "./require-bearer.ts";

/** The order of the lines is a request's way through. Whoever may reach the port may see state and metrics; the rest asks for a credential. */
export function createAdminApp({
  recognise,
  ...parts
}: AdminOptions & { readonly recognise: Recognise }): Express {
  const { halt, pages, log } = parts;
  const requireBearer = createRequireBearer(recognise);
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", false);
  app.enable("case sensitive routing").enable("strict routing");
  app.use((_req, res, next) => {
    res.set({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" });
    next();
  });
  app.get("/healthz", (_req, res) => void res.json({ status: "alive" }));
  app.get("/state", (_req, res) => void res.json(toldToStrangers(halt.state())));
  app.get("/metrics", async (_req, res) => void res.type(pages.contentType).send(await pages.render()));
  app.get(
    "/metrics/anomalies",
    async (_req, res) => void res.type(pages.contentType).send(await pages.renderAnomalies()),
  );
  app.use(alertRoutes(parts, requireBearer));
  app.use(operatorRoutes(parts, requireBearer));
  app.use(() => {
    throw new AdminError("not-found", "There is nothing here.");
  });
  app.use(createErrorEdge(log));
  return app;
}

/** Without the reason: people type it, and `/audit` shows it to operators. */
function toldToStrangers(state: CampaignState) {
  return state.phase === "halted" ? { phase: state.phase, sinceMs: state.sinceMs } : state;
}

/** body-parser's error types → ours; what is missing here is `invalid-input`. */
const CODE_OF_BODY_ERROR: Readonly<Record<string, AdminCode>> = {
  "entity.too.large": "too-large",
  "charset.unsupported": "unsupported-media-type",
  "encoding.unsupported": "unsupported-media-type",
};

function createErrorEdge(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const answer = answerTo(error);
    // The message is left out: it may quote what was sent.
    if (answer.code === "bug")
      log.error(
        { stack: error instanceof Error ? error.stack?.replace(error.message, "") : typeof error },
        "bug",
      );
    if (res.headersSent) return void res.destroy();
    // What is left of a body that nobody wants is not read.
    if (!req.complete) res.set("Connection", "close");
    if (answer.code === "too-many-wrong-credentials" || answer.code === "unwritten")
      res.set("Retry-After", "1");
    if (answer.code === "no-credential") res.set("WWW-Authenticate", "Bearer");
    res.status(STATUS_OF_ADMIN_CODE[answer.code]).json({ code: answer.code, detail: answer.message });
  };
}

function answerTo(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof URIError) return new AdminError("not-found", "There is nothing here.");
  if (error instanceof Error && "type" in error && "statusCode" in error) {
    const code = CODE_OF_BODY_ERROR[String(error.type)] ?? "invalid-input";
    return new AdminError(code, "The body cannot be read as JSON within the limits.");
  }
  const trouble = translateError(error);
  if (trouble?.code === "unavailable")
    return new AdminError("unavailable", trouble.message, { cause: error });
  return new AdminError("bug", "Something is broken on our side.", { cause: error });
}
