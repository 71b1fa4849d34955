import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A signup that does no work, in a process of its own: what is late against it, the generator made late. */
let members = 0;
const profiles = new Map<string, string>();

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => {
    const session = /session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    if (request.method === "POST") {
      const number = String(++members);
      const profile = JSON.stringify({ number, ...(JSON.parse(body) as object) });
      profiles.set(number, profile);
      response.writeHead(201, {
        "content-type": "application/json",
        "cache-control": "no-store, private",
        "set-cookie": `session=${number}; HttpOnly`,
      });
      response.end(profile);
      return;
    }
    const profile = profiles.get(session ?? "");
    response.writeHead(profile === undefined ? 401 : 200, {
      "content-type": "application/json",
      "cache-control": "no-store, private",
    });
    response.end(profile ?? "{}");
  });
});

server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on("disconnect", () => process.exit());
