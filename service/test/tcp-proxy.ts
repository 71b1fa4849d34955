import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire to the database that a test can cut or hold. */
export interface TcpProxy {
  /** The database's URL by way of this proxy. */
  readonly url: string;
  /** Nothing passes and nobody is told, as where a network is parted; new connections are taken and hear nothing. */
  hold(): void;
  /** Everything passes again, what was held first. */
  release(): void;
  /** Every connection is reset, and new ones are, until `release`. */
  cut(): void;
  close(): Promise<void>;
}

export async function createTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let mode: "pass" | "hold" | "cut" = "pass";
  const server = createServer((near) => {
    if (mode === "cut") return void near.resetAndDestroy();
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      if (mode === "hold") from.pause();
      from.on("data", (bytes) => to.write(bytes));
      from.on("end", () => to.end());
      // The other side is told by its own end.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    if (mode === "hold") for (const socket of [near, far]) socket.pause();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    hold() {
      mode = "hold";
      for (const socket of sockets) socket.pause();
    },
    release() {
      mode = "pass";
      for (const socket of sockets) socket.resume();
    },
    cut() {
      mode = "cut";
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
