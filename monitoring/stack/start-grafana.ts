import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { withLinks } from "./configuration.ts";
import { type KeptProcess, keepProcess } from "./keep-process.ts";

export interface GrafanaStart {
  readonly program: string;
  /** Its own; removed at its end. */
  readonly folder: string;
  readonly port: number;
  readonly prometheusUrl: string;
  /** Where the dashboards' links to runbooks lead. */
  readonly receiverUrl: string;
  readonly signal: AbortSignal;
}

const DASHBOARDS = join(import.meta.dirname, "..", "..", "dashboards");
/** As the committed provisioning has them, for Docker. */
const IN_DOCKER = { prometheusUrl: "http://prometheus:9090", dashboards: "/var/lib/grafana/dashboards" };

/** With the committed provisioning and dashboards; whoever reaches it on this machine may look, and nobody may change anything. */
export async function startGrafana(start: GrafanaStart): Promise<KeptProcess> {
  const { program, folder, port, prometheusUrl, receiverUrl, signal } = start;
  const dashboards = join(folder, "dashboards");
  const provisioning = join(folder, "provisioning");
  await copyProvisioning(join("datasources", "prometheus.yml"), provisioning, (text) =>
    text.replaceAll(IN_DOCKER.prometheusUrl, prometheusUrl),
  );
  await copyProvisioning(join("dashboards", "crowdproof.yml"), provisioning, (text) =>
    text.replaceAll(IN_DOCKER.dashboards, dashboards),
  );
  await copyDashboards(dashboards, receiverUrl);
  const home = ["--homepath", process.env["GRAFANA_HOME"] ?? "/usr/share/grafana"];
  return keepProcess({
    name: "Grafana",
    program,
    args: basename(program) === "grafana" ? ["server", ...home] : home,
    folder,
    signal,
    listening: /HTTP Server Listen.*address=(\S+)/,
    env: {
      GF_SERVER_HTTP_ADDR: "127.0.0.1",
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: join(folder, "data"),
      GF_PATHS_LOGS: join(folder, "logs"),
      GF_PATHS_PLUGINS: join(folder, "plugins"),
      GF_PATHS_PROVISIONING: provisioning,
      GF_AUTH_ANONYMOUS_ENABLED: "true",
      GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
      GF_AUTH_DISABLE_LOGIN_FORM: "true",
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: join(dashboards, "campaign.json"),
      // Nobody knows it, and nobody needs it.
      GF_SECURITY_ADMIN_PASSWORD: randomBytes(24).toString("base64url"),
      GF_ANALYTICS_REPORTING_ENABLED: "false",
      GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
      GF_LOG_MODE: "console",
    },
  });
}

async function copyDashboards(to: string, receiverUrl: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of await readdir(DASHBOARDS)) {
    if (!name.endsWith(".json")) continue;
    const text = await readFile(join(DASHBOARDS, name), "utf8");
    await writeFile(join(to, name), withLinks(text, receiverUrl, undefined));
  }
}

async function copyProvisioning(file: string, to: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(join(DASHBOARDS, "provisioning", file), "utf8");
  await mkdir(join(to, file, ".."), { recursive: true, mode: 0o700 });
  await writeFile(join(to, file), change(text));
}
