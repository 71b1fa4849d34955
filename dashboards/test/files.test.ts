import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { JOBS } from "../../monitoring/catalogue/jobs.ts";
import { dashboardFiles } from "../source/dashboards.ts";
import { NAMES, readDashboard } from "./read-dashboards.ts";

const FOLDER = join(import.meta.dirname, "..");
const FILES = ["campaign.json", "identity.json", "capacity.json", "load-test.json"];

it("has the four files that are written, byte for byte", () => {
  const files = dashboardFiles();
  expect([...files.keys()]).toEqual(FILES);
  for (const [name, text] of files)
    expect(readFileSync(join(FOLDER, name), "utf8"), `${name} is old: npm run dashboards`).toBe(text);
});

it("writes the same bytes in another process with another language, time zone and day", async () => {
  const elsewhere = { ...process.env, TZ: "Asia/Tokyo", LANG: "ja_JP.UTF-8", LC_ALL: "ja_JP.UTF-8" };
  const module = join(FOLDER, "source", "dashboards.ts");
  const script = `
    const now = Date.now; Date.now = () => now() + 400 * 86_400_000;
    const { dashboardFiles } = await import(${JSON.stringify(module)});
    process.stdout.write(JSON.stringify([...dashboardFiles()]));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--no-warnings", "--eval", script],
    {
      env: elsewhere,
      maxBuffer: 16 * 1_024 * 1_024,
    },
  );
  expect(new Map(JSON.parse(stdout))).toEqual(dashboardFiles());
});

it("brings Grafana a data source whose windows hold several samples of the slowest scrape", () => {
  const { datasources } = readProvisioning("datasources/prometheus.yml") as { datasources: DataSource[] };
  expect(datasources.map(({ type, isDefault }) => ({ type, isDefault }))).toEqual([
    { type: "prometheus", isDefault: true },
  ]);
  const slowestSeconds = Math.max(...Object.values(JOBS).map(({ everySeconds }) => everySeconds));
  expect(datasources[0]?.jsonData.timeInterval).toBe(`${slowestSeconds}s`);
});

it("brings Grafana the dashboards from a folder, and lets nobody change them in the browser", () => {
  const { providers } = readProvisioning("dashboards/crowdproof.yml") as { providers: unknown[] };
  expect(providers).toEqual([
    expect.objectContaining({
      type: "file",
      allowUiUpdates: false,
      options: { path: "/var/lib/grafana/dashboards", foldersFromFilesStructure: false },
    }),
  ]);
});

it("has no other JSON in its folder, which Grafana would take for a dashboard", () => {
  const found = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );
  expect(found.sort()).toEqual(FILES.toSorted());
});

it("asks nothing of the environment in what Grafana is provisioned with", () => {
  for (const name of ["datasources/prometheus.yml", "dashboards/crowdproof.yml"])
    expect(readFileSync(join(FOLDER, "provisioning", name), "utf8")).not.toContain("$");
});

it("has every row of every dashboard in the documentation", () => {
  const page = readFileSync(join(FOLDER, "..", "docs", "dashboards.md"), "utf8").toLowerCase();
  const rows = NAMES.flatMap((name) => readDashboard(name).panels.filter(({ type }) => type === "row"));
  expect(rows.length).toBeGreaterThan(12);
  expect(rows.filter(({ title }) => !page.includes(title.toLowerCase()))).toEqual([]);
});

interface DataSource {
  type: string;
  isDefault: boolean;
  jsonData: { timeInterval: string };
}

function readProvisioning(name: string): unknown {
  return parse(readFileSync(join(FOLDER, "provisioning", name), "utf8"));
}
