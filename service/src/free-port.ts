import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that Linux gives by itself (32,768 and up): between our look and our use no client's connection and
 * no server that listens on port 0 can take one of these.
 */
const PORTS = { from: 12_000, to: 32_000 } as const;
const TRIES_MAX = 20;

/**
 * A port that is free now. Drawn by the parent rather than left to the first worker: a worker that is replaced must
 * find the same one, also after a moment in which no worker lived. PostgreSQL cannot be asked to draw one at all.
 */
export async function freePort(host: string): Promise<number> {
  for (let tried = 0; tried < TRIES_MAX; tried++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port, host)) return port;
  }
  throw new Error(`none of ${TRIES_MAX} ports drawn between ${PORTS.from} and ${PORTS.to} is free`);
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    // Rejects with the server's error.
    const listening = once(server, "listening");
    server.listen(port, host);
    await listening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}
