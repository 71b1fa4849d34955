import crypto from "k6/crypto";
import type { Options } from "k6/options";
import type { Campaign } from "../src/campaign/campaign.ts";
import type { Event } from "../src/events/event.ts";
import { compilePlan } from "../src/plan/compile-plan.ts";
import type { Plan } from "../src/plan/plan.ts";
import { hostOf } from "../src/target/allowed-url.ts";
import type { Target } from "../src/target/target.ts";
import { type CampaignScript, createCampaignScript } from "./campaign-script.ts";
import { summaryText } from "./summary-text.ts";

/** The reference service's usual place. */
const BASE_URL = "http://127.0.0.1:3000";

/**
 * A campaign for plain `k6 run`, against a service that is there already:
 *
 *     k6 run loadtests/k6/smoke.ts -e BASE_URL=http://127.0.0.1:3000
 *
 * `-e SEED=7` draws other arrivals, `-e SCALE=0.5` sends half the crowd, `-e EVENTS=1` writes the events (with
 * `--console-output events.ndjson --log-format raw`). A host that is not this machine has to be named once more:
 * `-e I_OWN_THIS_TARGET=staging.example`. It judges by thresholds what one answer shows; `crowdproof gate` judges all.
 */
export function createStandaloneScript(campaignJson: string, targetJson: string): CampaignScript {
  const baseUrl = (__ENV["BASE_URL"] || BASE_URL).replace(/\/+$/, "");
  const host = requireOwnHost(baseUrl, __ENV["I_OWN_THIS_TARGET"]);
  const isWritten = __ENV["EVENTS"] === "1";
  return createCampaignScript({
    loadPlan() {
      const campaign = JSON.parse(campaignJson) as Campaign;
      const target = { ...(JSON.parse(targetJson) as Target), baseUrl, hosts: [host] };
      const scale = numberFrom("SCALE") ?? 1;
      const seed = numberFrom("SEED");
      return compilePlan(campaign, target, {
        runId: createRunId(),
        scale,
        ...(seed === undefined ? {} : { seed }),
      });
    },
    secrets: {},
    write: (event) => (isWritten ? console.log(JSON.stringify(event)) : tellExposure(event)),
    thresholds: thresholdsFor,
    summarise: (summary, head) => ({ stdout: summaryText(summary, head) }),
    stopUrl: null,
    tlsAuth: [],
  });
}

function thresholdsFor({ limits }: Plan, visitors: number): NonNullable<Options["thresholds"]> {
  // A threshold passes where there is no data: each of these metrics is begun with a zero.
  return {
    crowdproof_exposures: ["count==0"],
    crowdproof_malformed_ids: ["count==0"],
    crowdproof_own_answers: ["count>0"],
    crowdproof_arrivals: [`count==${visitors}`],
    crowdproof_dones: [`count==${visitors}`],
    // Late is beyond the start-time error that the plan allows for 99 of 100.
    crowdproof_late_arrivals: [`count<=${Math.floor(visitors / 100)}`],
    crowdproof_start_error: [`p(99)<=${limits.startErrorSecondsP99Max * 1_000}`],
  };
}

function requireOwnHost(baseUrl: string, owned: string | undefined): string {
  const host = hostOf(baseUrl);
  if (host === null)
    throw new Error(`BASE_URL is no http(s) address: ${baseUrl}. Say -e BASE_URL=${BASE_URL}`);
  const isLoopback = host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
  if (isLoopback || owned?.toLowerCase() === host) return host;
  throw new Error(`${host} is not this machine. If it is yours to load, say -e I_OWN_THIS_TARGET=${host}`);
}

function numberFrom(name: string): number | undefined {
  const text = __ENV[name];
  if (!text) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) throw new Error(`${name} is no number: ${text}`);
  return number;
}

/** Lower case, without letters that are read as digits (Crockford's base 32). */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** As `createRunId` under Node. */
function createRunId(): string {
  const bytes = new Uint8Array(crypto.randomBytes(13));
  return `cp-${[...bytes].map((byte) => ALPHABET[byte & 31]).join("")}`;
}

/** After so many a VU only counts: k6 prints each on a line of its own. */
const TOLD_MAX = 5;
let told = 0;

function tellExposure(event: Event): void {
  if (event.type !== "request" || event.control !== null || event.foreign.length === 0 || told >= TOLD_MAX)
    return;
  told++;
  for (const { visitor, field, place } of event.foreign) {
    console.error(
      `exposure: visitor ${event.visitor} was shown ${field} of visitor ${visitor} by ${event.step} at ${place}`,
    );
  }
}
