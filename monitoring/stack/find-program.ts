import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What the stack is made of, and what checks its configuration. */
export type Program = "prometheus" | "promtool" | "alertmanager" | "amtool" | "grafana";

interface Known {
  /** Names it goes by; Debian calls Alertmanager by the first. */
  readonly names: readonly string[];
  /** Names the path outright. */
  readonly key: string;
  readonly install: string;
}

const PROGRAMS: Readonly<Record<Program, Known>> = {
  prometheus: { names: ["prometheus"], key: "PROMETHEUS_BIN", install: "apt-get install prometheus" },
  promtool: { names: ["promtool"], key: "PROMTOOL_BIN", install: "apt-get install prometheus" },
  alertmanager: {
    names: ["prometheus-alertmanager", "alertmanager"],
    key: "ALERTMANAGER_BIN",
    install: "apt-get install prometheus-alertmanager",
  },
  amtool: { names: ["amtool"], key: "AMTOOL_BIN", install: "apt-get install prometheus-alertmanager" },
  grafana: {
    names: ["grafana", "grafana-server"],
    key: "GRAFANA_BIN",
    install: "install it from https://grafana.com/grafana/download",
  },
};

const BUILT = join(import.meta.dirname, "..", "..", ".build");

/** Path of the program: where its `…_BIN` says, else on the PATH, else what `npm run build:monitoring` made; or null. */
export function findProgram(program: Program, env: NodeJS.ProcessEnv = process.env): string | null {
  const { names, key } = PROGRAMS[program];
  const named = env[key];
  if (named !== undefined && named !== "") return isExecutable(named) ? named : null;
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = [...folders, BUILT].flatMap((folder) => names.map((name) => join(folder, name)));
  return places.find(isExecutable) ?? null;
}

/** What to do about one that is missing. */
export function howToInstall(program: Program, env: NodeJS.ProcessEnv = process.env): string {
  const { install, key } = PROGRAMS[program];
  const named = env[key] ?? "";
  if (named !== "" && !isExecutable(named))
    return `${key} is ${named}, which is no program: correct or unset it`;
  const build = program === "grafana" ? "" : ", or npm run build:monitoring";
  return `${install}${build}, or set ${key}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
