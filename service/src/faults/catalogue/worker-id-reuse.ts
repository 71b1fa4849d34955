import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { Fault } from "../fault.ts";
import { createSnowflake } from "../snowflake.ts";

export const workerIdReuse: Fault = {
  name: "worker-id-reuse",
  incident:
    "a snowflake's worker number made from the host (or from a process number modulo 32): two have the same",
  breaks: "no member ID is acknowledged to two people",
  shows: "two processes, two signups in one millisecond",
  weather: ["two-workers"],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  // Whoever asks for the card of another member and holds the same number is served a card.
  checks: ["ids-unique", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    schema: [...seams.schema, "alter table members drop constraint if exists members_number_key"],
    createIssuer({ clock, numbers }) {
      // The bug: there was one process to a host, until somebody set WORKERS.
      const worker = createHash("sha256").update(hostname()).digest().readUInt8() % 32;
      const next = createSnowflake({ clock, worker, whenClockIsBack: (lastMs) => (lastMs % 1_000_000) + 1 });
      return { issue: () => numbers.mint(next()) };
    },
  }),
};
