import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port that is free now. Drawn by the parent rather than left to the first worker: a worker that is replaced must
 * find the same one, also after a moment in which no worker lived.
 */
export async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}
