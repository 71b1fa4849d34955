import express, { type RequestHandler } from "express";
import { AdminError } from "./admin-error.ts";

/** JSON as it stands: not packed, so that few bytes stay few. */
export function readJson(bytesMax: number): RequestHandler {
  const parse = express.json({ limit: bytesMax, inflate: false });
  return (req, res, next) => {
    if (req.is("application/json") === "application/json") return parse(req, res, next);
    throw new AdminError("unsupported-media-type", "Send application/json.");
  };
}
