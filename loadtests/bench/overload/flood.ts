/**
 * The part of a crowd that only asks: far cheaper for the machine than a visitor (connections are kept, nothing is scanned
 * or recorded), and as honest in what it does: a place in the line that nobody came back for would be a gap in it.
 * A process of its own, so that its CPU time and its pauses are nobody else's. Started by `npm run bench -- overload` alone.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import type { FloodAnswer, Turned } from "./signup-answer.ts";

export interface FloodOrder {
  url: string;
  /** Whole signups with `EMAIL` in the place of their addresses, and how long those were. */
  bodies: { text: string; emailCharacters: number }[];
  /** From `zeroMs`, by the wall clock. */
  dueMicroseconds: number[];
  zeroMs: number;
  /** Who is told a later time does not come back. */
  endMicroseconds: number;
}

export interface FloodReport {
  answers: FloodAnswer[];
}

const EMAIL = "EMAIL";
const DOMAIN = "@crowd.example";

process.once("message", (order: FloodOrder) => {
  void flood(order).then((report) => process.send?.(report, () => process.disconnect?.()));
});

async function flood(order: FloodOrder): Promise<FloodReport> {
  const pool = new Pool(order.url, { connections: null, pipelining: 1 });
  const answers: FloodAnswer[] = [];
  const endMs = order.zeroMs + order.endMicroseconds / 1e3;
  const bodies = order.bodies.map(({ text, emailCharacters }) => ({
    parts: text.split(EMAIL),
    emailCharacters,
  }));
  const everybody: Promise<void>[] = [];

  async function visit(person: number): Promise<void> {
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    };
    const { parts, emailCharacters } = bodies[person % bodies.length]!;
    const body = parts.join(
      `${`flood-${process.pid}-${person}-`.padEnd(emailCharacters - DOMAIN.length, "x")}${DOMAIN}`,
    );
    for (;;) {
      const startedMs = nowMs();
      const answer = await pool.request({ path: "/signups", method: "POST", headers, body }).then(
        async (one) => ({
          status: one.statusCode,
          waitSeconds: one.headers["retry-after"],
          text: await one.body.text(),
        }),
        () => null,
      );
      const said = readAnswer(answer?.text);
      const kind = kindOf(answer?.status, said.code);
      const endedMs = nowMs();
      const toldMs = kind === "waiting" ? endedMs + Number(answer?.waitSeconds) * 1e3 : null;
      answers.push({ person, kind, startedMs, endedMs, toldMs, memberId: said.number ?? null });
      if (toldMs === null || said.ticket === undefined || toldMs > endMs) return;
      headers["ticket"] = said.ticket;
      await sleep(toldMs - nowMs());
    }
  }

  for (const [person, due] of order.dueMicroseconds.entries()) {
    const earlyMs = order.zeroMs + due / 1e3 - nowMs();
    if (earlyMs >= 1) await sleep(earlyMs);
    everybody.push(visit(person));
  }
  await Promise.all(everybody);
  await pool.close();
  return { answers };
}

interface Said {
  code?: string;
  number?: string;
  ticket?: string;
}

function readAnswer(text: string | undefined): Said {
  return text === undefined || !text.startsWith("{") ? {} : (JSON.parse(text) as Said);
}

function kindOf(status: number | undefined, code: string | undefined): Turned {
  if (status === 201) return "acknowledged";
  if (status === 503 && code === "waiting") return "waiting";
  return status === 503 && (code === "busy" || code === "unavailable") ? "refused" : "other";
}

const nowMs = () => performance.timeOrigin + performance.now();
