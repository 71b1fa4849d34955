import { once } from "node:events";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createRandom, healthyAnswers, KEYS } from "../../bench/healthy-answers.ts";
import { createGuard, type GuardParts } from "./guard.ts";
import type { Access } from "./judge.ts";

test.each([
  { name: "who is still there was shown something", hangsUp: false, served: ["new-member"] },
  {
    name: "who hung up before the answer was shown nothing, whatever was made for them",
    hangsUp: true,
    served: [],
  },
])("$name", async ({ hangsUp, served }) => {
  const signup = healthyAnswers(createRandom(1), 1, true).find(({ kind }) => kind === "signup");
  const { asked, given } = signup ?? expect.fail("there is no signup");
  const told: Access[] = [];
  let checked = 0;
  const parts: GuardParts = {
    keys: KEYS,
    mode: "block",
    record: async () => {},
    raiseAlarm() {},
    countAnomaly() {},
    count() {
      checked += 1;
    },
    served: (access) => told.push(access),
    warn() {},
  };
  const asking = Promise.withResolvers<ServerResponse>();
  const guarded = createGuard(parts).around((req, res) => {
    req.resume().once("end", () => asking.resolve(res));
  });
  const server = createServer(guarded).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = request({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    method: "POST",
    path: "/signups",
    headers: { "content-type": "application/json" },
  });
  client.on("error", () => {});
  client.end(asked.body());
  const response = await asking.promise;
  if (hangsUp) {
    client.destroy();
    await once(response, "close");
  }
  const headers = Object.fromEntries(given.headers) as Record<string, string>;
  response.writeHead(given.status, headers).end(given.text);
  await expect.poll(() => checked).toBe(1);
  expect(told.map(({ kind }) => kind)).toEqual(served);
  client.destroy();
  server.closeAllConnections();
  server.close();
});
