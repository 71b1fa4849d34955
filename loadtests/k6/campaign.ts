import type { Event } from "../src/events/event.ts";
import type { Plan } from "../src/plan/plan.ts";
import { createCampaignScript } from "./campaign-script.ts";
import { totalsOf } from "./run-counts.ts";

/**
 * What `crowdproof gate --engine k6` runs: the plan comes as a file, events leave as lines of `--console-output`, the
 * totals as a file. It judges nothing, so it has no thresholds.
 */
const planFile = required("CROWDPROOF_PLAN_FILE");
const totalsFile = required("CROWDPROOF_TOTALS_FILE");
/** Names of PEM files, for targets that ask for a client certificate. */
const certFile = __ENV["CROWDPROOF_CERT_FILE"];
const keyFile = __ENV["CROWDPROOF_KEY_FILE"];

/** A line of its own each costs a logger entry and a system call: a twentieth of all k6 does for a visitor. */
const GATHERED_MS = 100;
const GATHERED_MAX = 64;

const script = createCampaignScript({
  loadPlan: () => JSON.parse(open(planFile)) as Plan,
  secrets: JSON.parse(__ENV["CROWDPROOF_SECRETS"] ?? "{}") as Record<string, string>,
  write: createLineWriter(),
  thresholds: () => ({}),
  summarise: (summary, { vus }) => ({
    [totalsFile]: JSON.stringify({
      ...totalsOf(summary),
      vus,
      setup: summary.setup_data ?? null,
      runDurationMs: summary.state.testRunDurationMs,
    }),
  }),
  stopUrl: __ENV["CROWDPROOF_STOP_URL"] ?? null,
  tlsAuth: certFile && keyFile ? [{ cert: open(certFile), key: open(keyFile) }] : [],
});

export const { options, setup, handleSummary } = script;
export default script.run;

/** Gathers lines for a moment. k6 waits for timers, so the last ones are written as well. */
function createLineWriter(): (event: Event) => void {
  let lines: string[] = [];
  const writeOut = () => {
    if (lines.length > 0) console.log(lines.join("\n"));
    lines = [];
  };
  return (event) => {
    lines.push(JSON.stringify(event));
    if (lines.length === 1) setTimeout(writeOut, GATHERED_MS);
    else if (lines.length === GATHERED_MAX) writeOut();
  };
}

function required(name: string): string {
  const value = __ENV[name];
  if (!value)
    throw new Error(
      `${name} is not set. \`npm run gate -- --engine k6\` runs this script; the others run alone.`,
    );
  return value;
}
