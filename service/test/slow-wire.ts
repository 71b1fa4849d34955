import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire to the database that takes its time: so many statements' bytes a second, whoever sends them. */
export interface SlowWire {
  /** The database's URL by way of this wire. */
  readonly url: string;
  /** Bytes to the database in a second, all connections together. */
  bytesPerSecond: number;
  close(): Promise<void>;
}

export async function createSlowWire(databaseUrl: string): Promise<SlowWire> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const wire = { bytesPerSecond: Number.POSITIVE_INFINITY };
  let freeMs = 0;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.on("data", (bytes) => {
      const nowMs = performance.now();
      freeMs = Math.max(nowMs, freeMs) + (bytes.length / wire.bytesPerSecond) * 1_000;
      setTimeout(() => far.write(bytes), freeMs - nowMs);
    });
    far.on("data", (bytes) => near.write(bytes));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get bytesPerSecond() {
      return wire.bytesPerSecond;
    },
    set bytesPerSecond(value) {
      wire.bytesPerSecond = value;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
