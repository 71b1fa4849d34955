import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Admin } from "../admin/admin.ts";
import type { AdminPages } from "../admin/admin-options.ts";
import type { Config } from "../config.ts";

/** The metrics pages alone, until the admin server brings them. */
export async function servePages(
  { adminHost, adminPort }: Pick<Config, "adminHost" | "adminPort">,
  pages: AdminPages,
): Promise<Admin> {
  const server = createServer((req, res) => {
    const render =
      req.url === "/metrics"
        ? pages.render
        : req.url === "/metrics/anomalies"
          ? pages.renderAnomalies
          : undefined;
    if (render === undefined) return void res.writeHead(404).end();
    render().then(
      (text) => res.writeHead(200, { "Content-Type": pages.contentType }).end(text),
      () => res.writeHead(500).end(),
    );
  });
  server.listen(adminPort, adminHost);
  await once(server, "listening");
  return {
    url: `http://${adminHost}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
