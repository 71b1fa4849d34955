import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The other end of `loadtests/k6/stop-line.ts`: holds one request of each VU until the run is to stop. */
export interface StopLine {
  url: string;
  /** Answers every held request, and each that comes later at once. */
  stop(): void;
  close(): Promise<void>;
}

/** On loopback, on a port of its own; paths are `/hold/VU`, `/leave/VU`, and `/gone/VU`: nobody answers any more. */
export async function openStopLine(onGone: () => void): Promise<StopLine> {
  const held = new Map<string, ServerResponse>();
  let isStopped = false;
  const letGo = (vu: string) => {
    held.get(vu)?.end();
    held.delete(vu);
  };

  const server = createServer((request, response) => {
    const [, what, vu = ""] = (request.url ?? "").split("/");
    if (what === "hold" && !isStopped) {
      held.set(vu, response);
      return;
    }
    if (what === "gone") onGone();
    else letGo(vu);
    response.end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      isStopped = true;
      for (const vu of [...held.keys()]) letGo(vu);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
