import { type Request, Router } from "express";
import { z } from "zod";
import type { Halt } from "../halt/campaign-state.ts";
import { requireOpen } from "../halt/require-open.ts";
import { parseJson, readJsonBytes } from "../request/body.ts";
import type { ResponseWriter } from "../response/response-writer.ts";
import { ServiceError } from "../service-error.ts";
import type { SessionStore } from "../session/session-store.ts";
import { hashSessionToken, sessionTokenIn } from "../session/session-token.ts";
import type { SignIn } from "../sign-in/sign-in.ts";
import { type ReadTurnParts, readTurns, takeReadTurn } from "./take-read-turn.ts";

export interface SessionRouteParts extends ReadTurnParts {
  readonly halt: Pick<Halt, "state">;
  readonly signIn: SignIn;
  readonly sessions: SessionStore;
  readonly writer: ResponseWriter;
}

/** The longest address and a code, with room to spare. */
const BODY_BYTES_MAX = 4_096;

/** How a member comes back, and leaves. */
export function sessionRoutes(parts: SessionRouteParts): Router {
  const { halt, signIn, sessions, writer } = parts;
  // Out of the members' own share: a rush of newcomers locks nobody out.
  const takeTurn = readTurns(parts);
  return Router()
    .post("/sign-in-codes", (_req, _res, next) => {
      requireOpen(halt);
      next();
    })
    .post("/sign-in-codes", async (req, res) => {
      const { email } = await readBody(req, CODE_BODY);
      await takeTurn(req, res);
      await signIn.askCode(email);
      // Whether the address is a member's is for its owner to know: everybody is told this.
      writer.write(res, {
        status: 202,
        body: { json: { detail: "If this address is a member's, a code is on its way to it." } },
      });
    })
    .post("/sessions", async (req, res) => {
      const { email, code } = await readBody(req, SESSION_BODY);
      await takeTurn(req, res);
      const { profile, token } = await signIn.useCode(email, code);
      writer.write(res, {
        status: 201,
        headers: { Location: "/me" },
        session: token,
        body: { json: profile },
      });
    })
    .delete("/sessions", takeReadTurn(parts), async (req, res) => {
      const token = sessionTokenIn(req.headers.cookie);
      if (token !== undefined) await sessions.end(hashSessionToken(token));
      writer.write(res, { status: 204, session: null });
    });
}

const EMAIL = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u);
const CODE_BODY = z.strictObject({ email: EMAIL });
const SESSION_BODY = z.strictObject({ email: EMAIL, code: z.string().trim().max(20) });

async function readBody<Body>(req: Request, schema: z.ZodType<Body>): Promise<Body> {
  const parsed = schema.safeParse(parseJson(await readJsonBytes(req, BODY_BYTES_MAX)));
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "body"));
  throw new ServiceError("invalid-input", `Please check: ${[...fields].join(", ")}.`);
}
