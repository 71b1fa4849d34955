import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { expect, test } from "vitest";
import { expressMessages } from "./express-messages.ts";

test("requests and responses are what Express makes of them before it has seen them, and work as ever", async () => {
  const app = express().post("/echo", express.json(), (req, res) =>
    res.status(201).json([req.path, req.body]),
  );
  const born: unknown[] = [];
  const server = createServer(expressMessages(app), (req, res) => {
    born.push(Object.getPrototypeOf(req) === app.request, Object.getPrototypeOf(res) === app.response);
    app(req, res);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const headers = { "content-type": "application/json" };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/echo`;
  const response = await fetch(url, { method: "POST", headers, body: '{"a":1}' });
  expect({ status: response.status, body: await response.json() }).toEqual({
    status: 201,
    body: ["/echo", { a: 1 }],
  });
  expect(born).toEqual([true, true]);
  server.closeAllConnections();
  server.close();
});
