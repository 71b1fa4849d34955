import { counted } from "../src/counted.ts";
import type { Proof } from "./proof.ts";
import { addWeather, WHY_NO_PROMISES } from "./weather.ts";

/** The table as Markdown, which a terminal shows just as well. */
export function proofTable(proofs: readonly Proof[]): string {
  return table(
    [
      "fault",
      "weather",
      "engine",
      "guard",
      "check",
      "found in",
      "after signups",
      "after seconds",
      "only expected",
      "what follows failed too",
      "exposures",
      "halted in",
    ],
    proofs.flatMap(({ row, ...proof }) =>
      row.fault === null
        ? []
        : [
            [
              row.fault.name,
              row.weather.join(", ") || "–",
              row.engine,
              row.guard,
              row.fault.checks[0],
              `${proof.foundIn} of ${proof.runs.length}`,
              proof.signupsMedian?.toLocaleString("en", { maximumFractionDigits: 0 }) ?? "–",
              proof.secondsMedian?.toFixed(2) ?? "–",
              proof.unexpected.length === 0 ? "yes" : `no: ${proof.unexpected.join(", ")}`,
              proof.alsoFailed.join(", ") || "–",
              String(proof.exposures),
              `${proof.haltedIn} of ${proof.runs.length}`,
            ],
          ],
    ),
  );
}

export interface ProofPage {
  proofs: readonly Proof[];
  /** Rows that were sent once more, because the machine had no time for the engine. */
  sentAgain: number;
  command: string;
  /** ISO, to the minute. */
  date: string;
  machine: string;
  notRun: readonly string[];
}

/** `docs/proof.md`. */
export function proofPage({ proofs, sentAgain, command, date, machine, notRun }: ProofPage): string {
  const healthy = proofs.filter(({ row }) => row.fault === null);
  const passed = healthy.filter(({ complaint }) => complaint === null).length;
  const halted = healthy.reduce((sum, { haltedIn }) => sum + haltedIn, 0);
  return [
    "# Seen red",
    "",
    `Written by \`${command}\` on ${date}, on ${machine}.`,
    "",
    "Each fault is a bug of the reference service, switched on by its name; each run is a whole `crowdproof gate` with a",
    "campaign of `loadtests/prove/`, in the weather that the fault needs (`loadtests/prove/weather.ts` makes it). Signups are",
    "people acknowledged, seconds those of the run, until the first violation of the check; both are medians over the runs",
    "that found it, and without a time where the check judges the whole run. Exposures are times that somebody's data reached",
    "somebody else. With the guard off the gate has to find the fault. With it on nothing may reach anybody, and the campaign",
    "has to halt, unless the guard is blind to the fault: [faults.md](faults.md) says who sees those.",
    "",
    proofTable(proofs),
    "",
    `Healthy runs in between, the guard on, also in such weather: ${passed} of ${healthy.length} passed, ${halted === 0 ? "none" : halted} halted.`,
    ...notJudged(proofs),
    ...(sentAgain === 0
      ? []
      : [
          counted(
            sentAgain,
            "{row was|rows were} sent once more: the first time the machine had no time for the engine, which is unknown.",
          ),
        ]),
    ...notRun.map((words) => `Not run: ${words}`),
    ...proofs.flatMap(({ row, complaint }) =>
      complaint === null
        ? []
        : ["", `**${row.fault?.name ?? "healthy"}, ${row.engine}, guard ${row.guard}**: ${complaint}`],
    ),
    "",
  ].join("\n");
}

/** What a weather leaves unjudged, for fault and healthy service alike, where there was such weather. */
function notJudged(proofs: readonly Proof[]): string[] {
  const rows = proofs.filter(({ row }) => addWeather(row.weather).isPromiseLost);
  if (rows.length === 0) return [];
  const names = new Set(
    rows.flatMap(({ row }) => row.weather.filter((name) => addWeather([name]).isPromiseLost)),
  );
  return [
    `In ${counted(rows.length, "{row|rows}")} with the weather ${[...names].join(", ")} refusals-honest was not judged: ${WHY_NO_PROMISES}.`,
  ];
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}
