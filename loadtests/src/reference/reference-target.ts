import { join } from "node:path";

/** The target file of the reference service: the harness knows nothing else about it. */
export const REFERENCE_TARGET = join(import.meta.dirname, "..", "..", "targets", "reference.yaml");
