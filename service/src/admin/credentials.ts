import { hash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import type { Config } from "../config.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { UsageError } from "../usage-error.ts";

/** Whoever showed a credential that is known. */
export interface Bearer {
  readonly kind: "operator" | "break-glass" | "alerts";
  readonly name: string;
  /** Kind and the first bytes of the token's hash: enough to tell credentials apart in the audit trail, no use to anybody. */
  readonly fingerprint: string;
}

/** Who showed this token; undefined for a token nobody has. Takes the same time for every token of one length. */
export type Recognise = (token: string) => Bearer | undefined;

/** Lower case ASCII, so that no two spellings are one person. */
const OPERATORS = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9.-]{0,39}$/, "expected a name such as jane.doe"),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected the SHA-256 of a token in 64 hex digits"),
    }),
  )
  .max(100);
const ALERTS_TOKEN = /^[\w.~+/-]{32,512}=*$/;

interface Known {
  readonly bearer: Bearer;
  readonly hash: Buffer;
}

/** Reads the files that are named; a UsageError says which is no good, never what is in it. */
export function readCredentials(
  files: Pick<Config, "operatorsFile" | "breakGlassFile" | "alertsTokenFile">,
): Recognise {
  const known: Known[] = [];
  if (files.operatorsFile !== undefined) known.push(...readOperators(files.operatorsFile));
  if (files.breakGlassFile !== undefined)
    known.push(knownOf("break-glass", "break-glass", readHash(files.breakGlassFile)));
  if (files.alertsTokenFile !== undefined)
    known.push(knownOf("alerts", "alertmanager", readTokenHash(files.alertsTokenFile)));
  refuseShared(known);
  return (token) => {
    const shown = hash("sha256", token, "buffer");
    let found: Bearer | undefined;
    // Hashes of one length, all of them: neither how much of a token is right nor whose it is shows in the time.
    for (const each of known) if (timingSafeEqual(each.hash, shown)) found = each.bearer;
    return found;
  };
}

function knownOf(kind: Bearer["kind"], name: string, sha256: string): Known {
  return {
    bearer: { kind, name, fingerprint: `${kind}:${sha256.slice(0, 8)}` },
    hash: Buffer.from(sha256, "hex"),
  };
}

function readOperators(file: string): Known[] {
  const parsed = OPERATORS.safeParse(parseJson("OPERATORS_FILE", file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unusable(
      "OPERATORS_FILE",
      file,
      `${issue?.path.join(".") || "it"}: ${issue?.message ?? "is not a list"}`,
    );
  }
  const names = parsed.data.map(({ name }) => name);
  if (new Set(names).size < names.length) throw unusable("OPERATORS_FILE", file, "a name stands in it twice");
  return parsed.data.map(({ name, sha256 }) => knownOf("operator", name, sha256));
}

function parseJson(key: string, file: string): unknown {
  const text = readSecret(key, file);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the file.
    throw unusable(key, file, "it is not JSON");
  }
}

function readHash(file: string): string {
  const text = readSecret("BREAK_GLASS_FILE", file).trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw unusable("BREAK_GLASS_FILE", file, "expected the SHA-256 of the token in 64 hex digits");
  return text;
}

function readTokenHash(file: string): string {
  const token = readSecret("ALERTS_TOKEN_FILE", file).trim();
  if (!ALERTS_TOKEN.test(token))
    throw unusable(
      "ALERTS_TOKEN_FILE",
      file,
      "expected a token of at least 32 characters A-Z a-z 0-9 . _ ~ + / -",
    );
  return hash("sha256", token, "hex");
}

function readSecret(key: string, file: string): string {
  try {
    // A secret that others on the machine can read is theirs too.
    if ((statSync(file).mode & 0o077) !== 0)
      throw unusable(key, file, `others may read it: chmod 600 ${file}`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw unusable(key, file, `it cannot be read (${errorCodeOf(error)})`, error);
  }
}

/** One token in two places would be two people, or one credential for two purposes. */
function refuseShared(known: readonly Known[]): void {
  const prints = known.map(({ hash }) => hash.toString("hex"));
  if (new Set(prints).size < prints.length)
    throw new UsageError(
      "Two credentials of OPERATORS_FILE, BREAK_GLASS_FILE and ALERTS_TOKEN_FILE are the same token. Give each its own.",
    );
}

function unusable(key: string, file: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`${key}: ${file} cannot be used: ${why}. See docs/halt.md.`, { cause });
}
