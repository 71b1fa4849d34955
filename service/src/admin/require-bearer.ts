import type { Request, RequestHandler } from "express";
import { AdminError } from "./admin-error.ts";
import type { Bearer, Recognise } from "./credentials.ts";

/** A wrong credential is told so this many times at once, and once a second after that. */
const WRONG_BURST = 10;
const WRONG_PER_SECOND = 1;
/** RFC 6750's alphabet; the scheme in any case, as RFC 9110 has it. */
const BEARER = /^bearer +([\w.~+/-]{1,512}=*)$/i;

/** Lets through whoever shows a credential of one of these kinds, before a byte of the body is read. */
export type RequireBearer = (...kinds: readonly Bearer["kind"][]) => RequestHandler;

export function createRequireBearer(recognise: Recognise): RequireBearer {
  const wrong = createBucket();
  return (...kinds) =>
    (req, res, next) => {
      const token = tokenIn(req);
      const bearer = token === undefined ? undefined : recognise(token);
      // The right credential is never made to wait for the wrong ones.
      if (bearer === undefined) throw wrong.take() ? noCredential() : tooMany();
      if (!kinds.includes(bearer.kind))
        throw new AdminError("not-yours", `This takes a credential of another kind: ${kinds.join(" or ")}.`);
      res.locals["bearer"] = bearer;
      next();
    };
}

/** Of a request that `requireBearer` let through. */
export function bearerOf(locals: Record<string, unknown>): Bearer {
  return locals["bearer"] as Bearer;
}

/** Node keeps the first of two Authorization headers; whoever sends two means to show two things to two readers. */
function tokenIn(req: Request): string | undefined {
  const sent = req.headersDistinct["authorization"] ?? [];
  return sent.length === 1 ? BEARER.exec(sent[0] ?? "")?.[1] : undefined;
}

function noCredential(): AdminError {
  return new AdminError("no-credential", "Send Authorization: Bearer and a token that is known here.");
}

function tooMany(): AdminError {
  return new AdminError(
    "too-many-wrong-credentials",
    "Too many wrong credentials. The right one is still taken.",
  );
}

function createBucket() {
  let level = WRONG_BURST;
  let filledMs = performance.now();
  return {
    take(): boolean {
      const nowMs = performance.now();
      level = Math.min(WRONG_BURST, level + ((nowMs - filledMs) / 1_000) * WRONG_PER_SECOND);
      filledMs = nowMs;
      if (level < 1) return false;
      level -= 1;
      return true;
    },
  };
}
