import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readStatement } from "../db/statement.ts";
import { AdminError } from "./admin-error.ts";
import type { AdminOptions } from "./admin-options.ts";
import { STRICT } from "./alert-routes.ts";
import { haltAndWait } from "./halt-and-wait.ts";
import { readJson } from "./read-json.ts";
import { createReopening, type Opened } from "./reopening.ts";
import { bearerOf, type RequireBearer } from "./require-bearer.ts";

const READ_AUDIT = readStatement(import.meta.url, "read-audit.sql");
const LIST_UNHANDLED = readStatement(import.meta.url, "list-unhandled.sql");
const HANDLE_ANOMALY = readStatement(import.meta.url, "handle-anomaly.sql");
const BODY_BYTES_MAX = 4_096;
const ID_MAX = Number.MAX_SAFE_INTEGER;

/** One line a person typed: nothing in it can look like another line of a log. */
const WORDS = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u);
const REASON = z.strictObject({ reason: WORDS });
const STEP = z.strictObject({ share: z.union([z.literal(0.1), z.literal(1)]) });
const NOTE = z.strictObject({ note: WORDS });
const UUID = z.uuid();

/** What people do. */
export function operatorRoutes(parts: AdminOptions, requireBearer: RequireBearer): Router {
  const { halt, database } = parts;
  const reopening = createReopening(database);
  const json = readJson(BODY_BYTES_MAX);
  const told = (res: Response, { share }: Opened) => void res.json({ phase: "open", share });
  return Router(STRICT)
    .post("/halt", requireBearer("operator"), json, async (req, res) => {
      const { name, fingerprint } = bearerOf(res.locals);
      const { reason } = bodyOf(REASON, req);
      const cause = {
        reason,
        atMs: Date.now(),
        by: "operator",
        actor: name,
        credential: fingerprint,
      } as const;
      res.json(await haltAndWait(halt, cause));
    })
    .post("/reopenings", requireBearer("operator"), json, async (req, res) => {
      res.status(201).json(await reopening.request(bearerOf(res.locals), bodyOf(REASON, req).reason));
    })
    .post("/reopenings/step", requireBearer("operator"), json, async (req, res) => {
      told(res, await reopening.step(bearerOf(res.locals), bodyOf(STEP, req).share));
    })
    .post("/reopenings/:id/approval", requireBearer("operator"), async (req, res) => {
      told(res, await reopening.approve(bearerOf(res.locals), idOf(req)));
    })
    .post("/break-glass", requireBearer("break-glass"), json, async (req, res) => {
      told(res, await reopening.breakGlass(bearerOf(res.locals), bodyOf(REASON, req).reason));
    })
    .get("/anomalies", requireBearer("operator"), async (_req, res) => {
      res.json(await database.query(LIST_UNHANDLED));
    })
    .post("/anomalies/:id/handled", requireBearer("operator"), json, async (req, res) => {
      const { name, fingerprint } = bearerOf(res.locals);
      const values = [idOf(req), name, fingerprint, bodyOf(NOTE, req).note];
      const [row] = await database.query<{ isKnown: boolean }>(HANDLE_ANOMALY, values);
      if (row?.isKnown !== true) throw new AdminError("not-found", "There is no such anomaly.");
      res.status(204).end();
    })
    .get(["/audit", "/audit/:before"], requireBearer("operator"), async (req, res) => {
      const before = z.coerce
        .number()
        .int()
        .min(1)
        .max(ID_MAX)
        .default(ID_MAX)
        .safeParse(req.params["before"]);
      if (!before.success) throw new AdminError("not-found", "There is nothing here.");
      res.json(await database.query(READ_AUDIT, [before.data]));
    });
}

function bodyOf<Body>(schema: z.ZodType<Body>, req: Request): Body {
  const parsed = schema.safeParse(req.body);
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "body"));
  throw new AdminError("invalid-input", `Please check: ${[...fields].join(", ")} (docs/halt.md).`);
}

function idOf(req: Request): string {
  const parsed = UUID.safeParse(req.params["id"]);
  if (!parsed.success) throw new AdminError("not-found", "There is nothing here.");
  return parsed.data;
}
