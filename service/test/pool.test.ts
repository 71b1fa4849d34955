import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { createPool } from "../src/db/pool.ts";

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = Buffer.concat([message("R", Buffer.alloc(4)), message("Z", Buffer.from("I"))]);
const TERMINATED = message("E", Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"));

/** What a backend that is terminated while it says that it is ready sends: both in one piece. Seen in a crash round. */
async function serverThatDiesWhenReady() {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Buffer.concat([READY, TERMINATED])));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `postgresql://a:b@127.0.0.1:${(server.address() as AddressInfo).port}/c` };
}

test.each([
  {
    name: "a transaction",
    use: async (pool: ReturnType<typeof createPool>) => {
      const connection = await pool.connect();
      await connection.query({ text: "begin" }).finally(() => connection.release(true));
    },
  },
  { name: "one statement", use: (pool: ReturnType<typeof createPool>) => pool.query({ text: "select 1" }) },
])("a connection that dies as it becomes ready costs $name, and not the process", async ({ use }) => {
  const { server, url } = await serverThatDiesWhenReady();
  const pool = createPool({
    url,
    connectionsMax: 1,
    statementSecondsMax: 1,
    connectSecondsMax: 1,
    onIdleError() {},
  });
  await expect(use(pool)).rejects.toThrow(/terminat|not queryable/);
  await pool.close();
  server.close();
});
