import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { UsageError } from "../usage-error.ts";
import type { Target } from "./target.ts";
import { fillSecrets } from "./template.ts";

/**
 * Refuses a target that is not on this machine unless its host was named with --i-own-this-target, and a remote one
 * whose mails or SMS could reach strangers. `resolve` overrides count: they decide where the connection goes.
 */
export async function requireOwnTarget(target: Target, owned: readonly string[]): Promise<void> {
  const foreign: string[] = [];
  for (const host of target.hosts) {
    if (!owned.includes(host) && !(await isLoopback(target.resolve[host] ?? host))) foreign.push(host);
  }
  if (foreign.length > 0) {
    const flags = foreign.map((host) => `--i-own-this-target ${host}`).join(" ");
    throw new UsageError(
      `${target.name} leads to ${foreign.join(", ")}, which is not this machine. ` +
        `If it is yours and its owner knows that a crowd comes, add: ${flags}`,
    );
  }
  if (await areAllLoopback(target)) return;
  requireHarmless(target);
}

/** The same for the database that a clean-up writes to. */
export async function requireOwnConnection(
  { cleanUp, name }: Target,
  secrets: Record<string, string>,
  owned: readonly string[],
): Promise<void> {
  if (cleanUp === undefined || !("sql" in cleanUp)) return;
  const host = URL.parse(fillSecrets(cleanUp.sql.connection, secrets))?.hostname.replace(/[[\]]/g, "") ?? "";
  if (host === "")
    throw new UsageError(`The connection of cleanUp of ${name} is no postgresql:// URL with a host.`);
  if (owned.includes(host) || (await isLoopback(host))) return;
  throw new UsageError(
    `The clean-up of ${name} writes to the database on ${host}, which is not this machine. If it is yours, add: --i-own-this-target ${host}`,
  );
}

async function areAllLoopback(target: Target): Promise<boolean> {
  const answers = await Promise.all(target.hosts.map((host) => isLoopback(target.resolve[host] ?? host)));
  return answers.every(Boolean);
}

function requireHarmless(target: Target): void {
  const missing: string[] = [];
  if (target.sinks.mail === undefined)
    missing.push("sinks.mail (where its mails end; `none` if it sends none)");
  if (target.sinks.sms === undefined) missing.push("sinks.sms (where its SMS end; `none` if it sends none)");
  if (RESERVED_DOMAIN.test(target.emailDomain)) missing.push("emailDomain (a domain that is yours)");
  if (missing.length === 0) return;
  throw new UsageError(
    `${target.name} is not on this machine: a run creates people who could be sent something. Its file must say ${missing.join(", ")}.`,
  );
}

/** RFC 2606 and 6761: right for this machine; a real system may refuse them or, worse, send. */
const RESERVED_DOMAIN = /(^|\.)(example(\.(com|net|org))?|test|invalid|localhost)$/i;

async function isLoopback(host: string): Promise<boolean> {
  if (isIP(host) !== 0) return isLoopbackAddress(host);
  try {
    const addresses = await lookup(host, { all: true });
    return addresses.length > 0 && addresses.every(({ address }) => isLoopbackAddress(address));
  } catch (cause) {
    throw new UsageError(
      `The host ${host} is not known to this machine's name service. Check hosts and baseUrl.`,
      { cause },
    );
  }
}

function isLoopbackAddress(address: string): boolean {
  return /^127\./.test(address) || address === "::1" || /^::ffff:127\./i.test(address);
}
