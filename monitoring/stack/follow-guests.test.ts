import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { followGuests } from "./follow-guests.ts";

const WITHIN = { timeout: 10_000, interval: 20 };

let guest: Server;
let silent: Server;
let ports: { gate: number; probe: number };
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeEach(async () => {
  guest = createServer((_, res) => res.end("up 1\n")).listen(0, "127.0.0.1");
  silent = createServer((_, res) => res.writeHead(404).end()).listen(0, "127.0.0.1");
  await Promise.all([once(guest, "listening"), once(silent, "listening")]);
  ports = { gate: portOf(guest), probe: portOf(silent) };
});
afterEach(() => {
  for (const server of [guest, silent]) {
    server.close();
    server.closeAllConnections();
  }
});

it("tells once why a load test cannot be scraped, and tries again until it can", async () => {
  const said: string[] = [];
  const scraped: unknown[] = [];
  let trials = 0;
  const stop = followGuests({
    ports,
    say: (words) => void said.push(words),
    stack: {
      async scrape(name, url) {
        trials += 1;
        if (trials < 3) throw new Error("no space left on device");
        scraped.push({ name, url });
      },
    },
  });
  await expect.poll(() => scraped, WITHIN).toEqual([{ name: "gate", url: `http://127.0.0.1:${ports.gate}` }]);
  await stop();
  expect(said).toEqual(["A load test or a probe cannot be scraped: no space left on device"]);
});

it("stops when the look under way is over, so that nothing is written behind whoever cleans up", async () => {
  let isWriting = false;
  let goOn = () => {};
  const written = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const stop = followGuests({
    ports,
    say: () => {},
    stack: {
      async scrape() {
        isWriting = true;
        await written;
        isWriting = false;
      },
    },
  });
  await expect.poll(() => isWriting, WITHIN).toBe(true);
  setTimeout(goOn, 50);
  await stop();
  expect(isWriting).toBe(false);
});
