import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { buildConnector } from "undici";
import type { Target } from "../../target/target.ts";
import { UsageError } from "../../usage-error.ts";

/** Longer than any step waits; without it a dead host would keep a pooled client for ever. */
const CONNECT_MILLISECONDS_MAX = 60_000;

/** How this target is connected to: other addresses for its hosts, certificates, protocol. */
export function createConnector(target: Target): buildConnector.connector {
  const { tls, resolve } = target;
  const isH2 = target.http === "2";
  const isOneExchange = target.connections === "fresh" && !isH2;
  const connect = buildConnector({
    // An exchange ends a connection of its own itself.
    timeout: isOneExchange ? 0 : CONNECT_MILLISECONDS_MAX,
    // A connection for one request lives too short for probes: two system calls less.
    keepAlive: target.connections === "kept",
    allowH2: isH2,
    ...(isH2 ? { preferH2: true, useH2c: target.baseUrl.startsWith("http:") } : {}),
    rejectUnauthorized: !tls.insecure,
    ...(tls.caFile === undefined ? {} : { ca: readPem(tls.caFile, "tls.caFile") }),
    ...(tls.certFile === undefined ? {} : { cert: readPem(tls.certFile, "tls.certFile") }),
    ...(tls.keyFile === undefined ? {} : { key: readPem(tls.keyFile, "tls.keyFile") }),
  } as buildConnector.BuildOptions);
  return (options, callback) => {
    const address = resolve[options.hostname];
    if (address === undefined) return connect(options, callback);
    // The certificate is still asked for, and checked, by name.
    const servername = options.servername || (isIP(options.hostname) ? "" : options.hostname);
    return connect(
      {
        ...options,
        hostname: address,
        ...(servername && options.protocol === "https:" ? { servername } : {}),
      },
      callback,
    );
  };
}

function readPem(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UsageError(`${key}: ${file} cannot be read; correct the path in the target file`, { cause });
  }
}
