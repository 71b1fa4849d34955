import { readFileSync } from "node:fs";
import type { Statement } from "./database.ts";

/** The statement in a .sql file beside a module, prepared under the file's name. */
export function readStatement(moduleUrl: string, file: string): Statement {
  return { name: file, text: readFileSync(new URL(file, moduleUrl), "utf8") };
}
