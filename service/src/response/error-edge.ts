import type { ErrorRequestHandler, Request, Response } from "express";
import type { Logger } from "pino";
import { haltedRetryAfterSeconds } from "../halt/require-open.ts";
import type { Metrics, SignupOutcome } from "../metrics/metrics.ts";
import type { Page } from "../pages/page.ts";
import { ServiceError } from "../service-error.ts";
import type { ResponseWriter } from "./response-writer.ts";

export interface ErrorEdgeParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly writer: ResponseWriter;
  readonly translateError: (error: unknown) => ServiceError | undefined;
  retryAfterSeconds(): number;
}

/** The same error as a page for whoever reads pages; undefined for programs. */
export type RenderErrorPage = (
  req: Request,
  res: Response,
  error: ServiceError,
  retryAfterSeconds: number | undefined,
) => Page | undefined;

/** The one place where a thrown thing becomes an answer. */
export function createErrorEdge(parts: ErrorEdgeParts, renderPage: RenderErrorPage): ErrorRequestHandler {
  const logTrouble = createTroubleLog(parts.log);
  return (error: unknown, req, res, _next) => {
    const known = requestErrorOf(error) ?? parts.translateError(error);
    const answer =
      known ??
      new ServiceError("bug", "Something is broken on our side. It has been recorded.", { cause: error });
    if (answer.cause !== undefined) logTrouble(answer, routeOf(req));
    parts.metrics.countError(answer.code);
    if (req.method === "POST" && SIGNUP_ROUTES.has(routeOf(req)))
      parts.metrics.countSignup(outcomeOf(answer));
    if (res.headersSent) return void res.destroy();
    const comeBack = answer.code === "halted" ? haltedRetryAfterSeconds : parts.retryAfterSeconds;
    const retryAfterSeconds = answer.status === 503 ? comeBack() : undefined;
    const page = renderPage(req, res, answer, retryAfterSeconds);
    parts.writer.write(res, {
      status: answer.status,
      headers: {
        ...(retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) }),
        ...page?.headers,
      },
      body:
        page === undefined ? { json: { code: answer.code, detail: answer.message } } : { html: page.html },
    });
  };
}

const SIGNUP_ROUTES: ReadonlySet<string> = new Set(["/signups", "/join"]);

function outcomeOf(answer: ServiceError): SignupOutcome {
  if (answer.code === "busy") return "refused";
  if (answer.code === "halted") return "halted";
  if (answer.code === "indeterminate") return "indeterminate";
  return answer.status < 500 ? "rejected" : "failed";
}

/** The route's template, never the path somebody sent; `none` where no route matched. */
export function routeOf(req: Request): string {
  return req.route === undefined ? "none" : String(req.route.path);
}

/** What Express throws about a request is the client's doing: a path parameter with a broken percent escape. */
function requestErrorOf(error: unknown): ServiceError | undefined {
  // A URIError of our own has no status.
  if (!(error instanceof URIError) || !("status" in error)) return undefined;
  return new ServiceError("not-found", "There is nothing here.");
}

/** Name, code and frames. The message is left out: it may quote a row or a body, and a log outlives both. */
function withoutPersonalData(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const code = "code" in error ? String(error.code) : undefined;
  const constraint = "constraint" in error ? String(error.constraint) : undefined;
  return { name: error.name, code, constraint, stack: frames.join("\n") };
}

/** One line a second for each code and route: an outage, or a bug met by a crowd, is one piece of news, not ten thousand. */
function createTroubleLog(log: Logger): (error: ServiceError, route: string) => void {
  const lastMs = new Map<string, number>();
  return ({ code, cause }, route) => {
    const nowMs = performance.now();
    const kind = `${code} ${route}`;
    if (nowMs - (lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) < 1_000) return;
    lastMs.set(kind, nowMs);
    const line = { code, route, cause: withoutPersonalData(cause) };
    if (code === "bug") log.error(line, "bug");
    else log.warn(line, "operating trouble");
  };
}
