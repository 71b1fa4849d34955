import { connect } from "node:net";
import { UsageError } from "../usage-error.ts";
import type { Target } from "./target.ts";
import { baseUrlOf } from "./template.ts";

/** Long enough for a connection across a continent, short enough for the person who mistyped a port. */
const CONNECT_SECONDS_MAX = 5;

/** One TCP connection before anything is planned to be sent: a crowd sent to nobody would only say "unknown". */
export async function requireReachable(target: Target, secrets: Record<string, string>): Promise<void> {
  const baseUrl = baseUrlOf(target, secrets);
  const url = new URL(baseUrl);
  const port = Number(url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port);
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const host = target.resolve[hostname] ?? hostname;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_SECONDS_MAX * 1_000 });
    const fail = (why: string) => {
      socket.destroy();
      reject(
        new UsageError(
          `Nobody answers at ${baseUrl} (${why}). Start it, or mend baseUrl in the target file.`,
        ),
      );
    };
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => fail(`no connection within ${CONNECT_SECONDS_MAX} s`));
    socket.once("error", (error) => fail(error.message));
  });
}
