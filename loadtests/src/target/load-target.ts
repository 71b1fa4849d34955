import { dirname, resolve } from "node:path";
import { z } from "zod";
import { readDocument } from "../document/read-document.ts";
import { checkTarget } from "./check-target.ts";
import { compileTarget } from "./compile-target.ts";
import type { Target } from "./target.ts";
import { targetFileSchema } from "./target-file.ts";

/** Reads and compiles a target file. Throws one UsageError with everything that is wrong with it, line by line. */
export async function loadTarget(file: string): Promise<Target> {
  const parsed = await readDocument(file, targetFileSchema.superRefine(checkTarget));
  return compileTarget(parsed, (path) => resolve(dirname(file), path));
}

/** For editors: completion and checks while a target file is written. */
export function targetJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(targetFileSchema, { io: "input" }), title: "Crowdproof target file" };
}
