import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { buildId } from "../kept/build-id.ts";
import { openKeptResults } from "../kept/kept-results.ts";
import { readOptions } from "../kept/read-options.ts";
import { alertTablePage, type Failures, type Proven, type QuietRun } from "./alert-table-page.ts";
import { namesIn, numberIn, someOf } from "./arguments.ts";
import { proveAlert } from "./prove-alert.ts";
import { runQuietly, shippedCampaigns } from "./quiet-campaigns.ts";
import { SCENES, type Scene } from "./scenes.ts";

const DAY_MS = 86_400_000;
/** Whoever would tell it is what is gone. */
const TELLS_NOBODY = "AlertmanagerUnreachable";
const PAGE = join(import.meta.dirname, "..", "..", "docs", "alert-table.md");

const HELP = `npm run prove-alerts -- [--alerts NAME,…] [--some N] [--quiet N] [--campaigns NAME,…] [--scale X] [--fresh]

Makes each alert fire by a real fault, sends each campaign that ships to a healthy service, and writes
docs/alert-table.md. Goes on where it was interrupted; what was measured on another build is measured again. About 15
minutes for the alerts, 1 to 3 for each campaign, and an hour for soak, on a quiet machine. Exit code 1 where something
is not as it should be.

  --alerts NAME,…     only these, e.g. IdAnomaly,TargetDown
  --some N            so many of those, others each day; what CI does
  --quiet N           each campaign so many times; 2 by default, 0 for none
  --campaigns NAME,…  only these, e.g. smoke
  --scale X           share of a campaign's visitors; 0.25 by default
  --fresh             forgets what was measured before
`;

const campaignsThatShip = await shippedCampaigns();
const text = { type: "string" } as const;
const { alerts, campaigns, times, scale, isFresh } = readOptions(
  HELP,
  {
    alerts: text,
    some: text,
    campaigns: text,
    quiet: { ...text, default: "2" },
    scale: { ...text, default: "0.25" },
    fresh: { type: "boolean", default: false },
  },
  (values) => ({
    alerts: alertsIn(values),
    campaigns: namesIn("--campaigns", values.campaigns, campaignsThatShip),
    times: numberIn("--quiet", values.quiet, 2),
    scale: numberIn("--scale", values.scale, 0.25),
    isFresh: values.fresh,
  }),
);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.once(signal, () => process.exit(code));
const build = buildId();
const proofs = await openKeptResults<Proven>("alert-table", isFresh);
const failures = await openKeptResults<Failures>("alert-failures", isFresh);
const quiet = await openKeptResults<QuietRun>("quiet-campaigns", isFresh);
const complaints: string[] = [];

for (const scene of SCENES) if (alerts.includes(scene.alert)) await proveOnce(scene);
for (const campaign of campaigns) await sendQuietly(campaign);
await writePage();
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
if (complaints.length > 0) process.exitCode = 1;

function alertsIn({ alerts: list, some }: { alerts?: string; some?: string }): readonly string[] {
  const named = namesIn(
    "--alerts",
    list,
    SCENES.map(({ alert }) => alert),
  );
  if (some === undefined) return named;
  return someOf(named, Math.max(1, numberIn("--some", some, 3)), Math.floor(Date.now() / DAY_MS));
}

async function proveOnce(scene: Scene): Promise<void> {
  const { alert } = scene;
  if (proofs.all[alert]?.build !== build) {
    process.stdout.write(`${alert}: ${scene.how} …\n`);
    try {
      const proof = await proveAlert(scene);
      await proofs.keep(alert, { ...proof, build });
      await failures.keep(alert, { build, whys: failuresOf(alert) });
      await writePage();
      process.stdout.write(`  ${JSON.stringify({ ...proof, how: undefined })}\n`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      complaints.push(`${alert}: ${why}`);
      await failures.keep(alert, { build, whys: [...failuresOf(alert), why.trim()] });
      await writePage();
    }
  }
  const { unexpected = [], toldSeconds } = proofs.all[alert] ?? {};
  if (toldSeconds === null && alert !== TELLS_NOBODY) complaints.push(`${alert}: nobody was told`);
  if (unexpected.length > 0) complaints.push(`${alert}: ${unexpected.join(", ")} fired with it, unexpected`);
}

/** Those of an earlier build are another service's. */
function failuresOf(alert: string): readonly string[] {
  const before = failures.all[alert];
  return before?.build === build ? before.whys : [];
}

async function sendQuietly(campaign: string): Promise<void> {
  const before = quiet.all[campaign];
  const isGoneOnWith = before?.build === build && before.scale === scale;
  const pages = isGoneOnWith ? [...before.pages] : [];
  while (pages.length < times) {
    process.stdout.write(`${campaign} × ${scale}: ${pages.length + 1} of ${times} …\n`);
    pages.push(await runQuietly(campaign, scale));
    await quiet.keep(campaign, { campaign, scale, build, pages });
    await writePage();
    process.stdout.write(`  pages: ${pages.at(-1)?.join(", ") ?? "nobody watched"}\n`);
  }
  if (pages.length > 0 && pages.every((each) => each === null))
    complaints.push(`${campaign}: nobody watched any of its runs`);
  const paged = pages.filter((each) => each !== null && each.length > 0);
  if (paged.length > 0) complaints.push(`${campaign}: ${paged.flat().join(", ")} in a healthy campaign`);
}

async function writePage(): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const sentence = `${day}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, Node ${process.versions.node}`;
  const tried = { proven: proofs.all, failed: failures.all };
  await writeFile(PAGE, alertTablePage(tried, Object.values(quiet.all), { sentence, build }));
}
