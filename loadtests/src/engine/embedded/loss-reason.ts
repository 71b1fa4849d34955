import type { LossReason } from "../../events/event.ts";
import { UsageError } from "../../usage-error.ts";

const REASONS: Record<string, LossReason> = {
  ECONNREFUSED: "connection-refused",
  EHOSTUNREACH: "connection-refused",
  ENETUNREACH: "connection-refused",
  ENOTFOUND: "not-resolved",
  EAI_AGAIN: "not-resolved",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "cut",
  // llhttp: the connection ended inside an answer.
  HPE_INVALID_EOF_STATE: "cut",
};

/** The generator's own limits: no answer of the target is lost by them, the run is just not possible like this. */
const EXHAUSTED: Record<string, string> = {
  EMFILE:
    "no file descriptors are left for sockets; raise the limit with `ulimit -n 65536`, or lower --scale",
  ENFILE: "the machine has no file descriptors left for sockets; lower --scale",
  EADDRNOTAVAIL:
    "no local ports are left for sockets; use kept connections in the target file, or lower --scale",
};

/** Why an answer was lost; UsageError where it was this machine that could not. */
export function lossReason(error: unknown, hasBegun: boolean): LossReason | UsageError {
  const code = codeOf(error);
  const exhausted = EXHAUSTED[code];
  if (exhausted !== undefined) return new UsageError(exhausted, { cause: error });
  // "other side closed": in the middle of an answer, or instead of one.
  if (code === "UND_ERR_SOCKET" && !isBadUpgrade(error)) return hasBegun ? "cut" : "reset";
  return REASONS[code] ?? "bad-http";
}

function isBadUpgrade(error: unknown): boolean {
  return error instanceof Error && /bad (upgrade|response)/.test(error.message);
}

/** `localhost` is tried as IPv4 and IPv6: an AggregateError, whose own code is that of its first. */
function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}
