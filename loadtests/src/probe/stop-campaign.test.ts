import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { processesOf } from "../../test/command-line.ts";
import { type StopOptions, type StopPatience, stopCampaign } from "./stop-campaign.ts";

const SEEN = { check: "reads-own", firstAtMs: 0, lastAtMs: 0, times: 1 } as const;
const SHORT: StopPatience = { tryMs: 300, pausesMs: [1, 1], commandMs: 300 };

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

async function stop(options: Partial<StopOptions>) {
  const said: string[] = [];
  const counted: string[] = [];
  const isStopped = await stopCampaign(SEEN, {
    webhook: null,
    command: null,
    folder: "/nowhere",
    places: {
      target: "mine",
      runbookBaseUrl: "http://r",
      dashboardBaseUrl: "http://d",
      metricsUrl: "http://m",
    },
    patience: SHORT,
    count: (action, isDone) => counted.push(`${action} ${isDone ? "done" : "failed"}`),
    say: (text) => said.push(text),
    ...options,
  });
  return { said, counted, isStopped };
}

/** Answers with these, one after the other; null never. */
async function listen(statuses: (number | null)[]): Promise<string> {
  const server = createServer((_request, response) => {
    const status = statuses.shift() ?? null;
    if (status !== null) response.writeHead(status, { location: "/elsewhere" }).end();
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("tries a webhook again that hangs, or sends elsewhere, until it takes it", async () => {
  const url = await listen([null, 307, 200]);
  expect(await stop({ webhook: { url, token: "t" } })).toEqual({
    isStopped: true,
    counted: ["webhook failed", "webhook failed", "webhook done"],
    said: [
      "The halt webhook did not stop the campaign: no answer within 0.3 s; trying again.",
      "The halt webhook did not stop the campaign: it answered 307; trying again.",
      "The campaign is stopped: the halt webhook took it.",
    ],
  });
});

it("gives a webhook up after its tries, and says that a person has to stop the campaign", async () => {
  const webhook = { url: await listen([401, 401, 401]), token: undefined };
  const { said, counted, isStopped } = await stop({ webhook });
  expect(isStopped).toBe(false);
  expect(counted).toEqual(["webhook failed", "webhook failed", "webhook failed"]);
  expect(said.at(-1)).toContain("NOT STOPPED BY IT; stop the campaign by hand");
});

it("ends a command that hangs, with everything that it has started", async () => {
  const mark = `${process.pid}.25`;
  const { said, counted } = await stop({ command: `sleep 600 & exec sleep ${mark}` });
  expect(counted).toEqual(["command failed"]);
  expect(said).toEqual([
    "The command given by --on-violation did not end within 0.3 s, and was ended; stop the campaign by hand.",
  ]);
  await expect.poll(() => processesOf(`sleep ${mark}`).filter((line) => line.includes(mark))).toEqual([]);
});

it.each([
  { name: "the webhook alone took it", status: 200, command: "exit 3", isStopped: true },
  { name: "the command alone ended well", status: 500, command: "exit 0", isStopped: true },
  { name: "neither did", status: 500, command: "exit 3", isStopped: false },
  { name: "there is nothing to call", status: null, command: null, isStopped: true },
])("says whether the campaign is stopped where $name", async ({ status, command, isStopped }) => {
  const url = await listen([status, status, status]);
  const webhook = status === null ? null : { url, token: undefined };
  expect((await stop({ webhook, command })).isStopped).toBe(isStopped);
});

it("tells a command what was found where", async () => {
  const command =
    'test "$CROWDPROOF_CHECK $CROWDPROOF_TARGET $CROWDPROOF_FOLDER" = "reads-own mine /nowhere"';
  expect((await stop({ command })).counted).toEqual(["command done"]);
});
