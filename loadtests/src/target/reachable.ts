import { connect } from "node:net";
import { UsageError } from "../usage-error.ts";
import { hostOf } from "./allowed-url.ts";
import type { Target } from "./target.ts";
import { baseUrlOf } from "./template.ts";

/** Long enough for a connection across a continent, short enough for the person who mistyped a port. */
const CONNECT_SECONDS_MAX = 5;

/** What the environment put into baseUrl is seen here first. Not shown, for there may be a password in it. */
export function requireAddress(target: Target, secrets: Record<string, string>): URL {
  const baseUrl = baseUrlOf(target, secrets);
  const url = hostOf(baseUrl) === null || /[?#]/.test(baseUrl) ? null : URL.parse(baseUrl);
  if (url !== null) return url;
  throw new UsageError(
    `baseUrl of ${target.name}, ${target.baseUrl}, is no address when it is filled in. It has to be like http://127.0.0.1:3000 or https://host, without a user, a query or a fragment.`,
  );
}

/** One TCP connection before anything is planned to be sent: a crowd sent to nobody would only say "unknown". */
export async function requireReachable(target: Target, secrets: Record<string, string>): Promise<void> {
  const url = requireAddress(target, secrets);
  const baseUrl = baseUrlOf(target, secrets);
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
