import type { FaultDescription } from "./fault-list.ts";
import type { Proof } from "./proof.ts";

/** The table as Markdown, which a terminal shows just as well. */
export function proofTable(proofs: readonly Proof[]): string {
  return table(
    [
      "fault",
      "engine",
      "check",
      "found in",
      "after signups",
      "after seconds",
      "only expected",
      "what follows failed too",
    ],
    proofs.flatMap(({ row, ...proof }) =>
      row.fault === null
        ? []
        : [
            [
              row.fault.name,
              row.engine,
              row.fault.checks[0],
              `${proof.foundIn} of ${proof.runs.length}`,
              proof.signupsMedian?.toLocaleString("en", { maximumFractionDigits: 0 }) ?? "–",
              proof.secondsMedian?.toFixed(2) ?? "–",
              proof.foundIn === 0
                ? "–"
                : proof.unexpected.length === 0
                  ? "yes"
                  : `no: ${proof.unexpected.join(", ")}`,
              proof.alsoFailed.join(", ") || "–",
            ],
          ],
    ),
  );
}

export interface ProofPage {
  proofs: readonly Proof[];
  faults: readonly FaultDescription[];
  command: string;
  /** ISO, to the minute. */
  date: string;
  machine: string;
  notRun: readonly string[];
}

/** `docs/proof.md`. */
export function proofPage({ proofs, faults, command, date, machine, notRun }: ProofPage): string {
  const healthy = proofs.filter(({ row }) => row.fault === null);
  const passed = healthy.filter(({ complaint }) => complaint === null).length;
  return [
    "# Seen red",
    "",
    `Written by \`${command}\` on ${date}, on ${machine}.`,
    "",
    "Each fault is a bug of the reference service, switched on by its name; each run is a whole `crowdproof gate` with the",
    "campaign `loadtests/prove/campaign.yaml`. Signups are people acknowledged, seconds those of the run, until the first",
    "violation of the check; both are medians over the runs that found it. Only invariants are counted as checks here.",
    "",
    proofTable(proofs),
    "",
    `Healthy runs in between: ${passed} of ${healthy.length} passed.`,
    ...notRun.map((words) => `Not run: ${words}`),
    ...proofs.flatMap(({ row, complaint }) =>
      complaint === null ? [] : ["", `**${row.fault?.name ?? "healthy"}, ${row.engine}**: ${complaint}`],
    ),
    "",
    "## The faults",
    "",
    table(
      [
        "fault",
        "behind it",
        "what it breaks",
        "shows with",
        "checks that fail: the first must, the others may",
      ],
      faults.map(({ name, incident, breaks, shows, checks }) => [
        name,
        incident,
        breaks,
        shows,
        checks.join(", "),
      ]),
    ),
    "",
  ].join("\n");
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}
