import { readFile } from "node:fs/promises";
import { didYouMean } from "../document/did-you-mean.ts";
import { UsageError } from "../usage-error.ts";
import { createPrometheus, whyNoAnswer } from "./prometheus-api.ts";

/** Another layer sees the same: where the one is demanded, the other wakes nobody for nothing. */
const ALONGSIDE: Readonly<Record<string, readonly string[]>> = {
  IdAnomaly: ["IdAnomalyInDatabase"],
  IdAnomalyInDatabase: ["IdAnomaly"],
};

/** What the plan demands of alerts; a name that no rule has is a slip of the finger. */
export async function demandAlerts(
  expected: readonly string[],
  prometheusUrl: string | undefined,
): Promise<{ expected: string[]; alongside: string[] }> {
  const names = [...new Set(expected)];
  if (names.length > 0) requireKnown(names, await knownAlerts(prometheusUrl));
  const alongside = names.flatMap((name) => ALONGSIDE[name] ?? []).filter((name) => !names.includes(name));
  return { expected: names, alongside: [...new Set(alongside)] };
}

const RULES_FILE = new URL("../../../monitoring/rules/crowdproof.yml", import.meta.url);

/** Of the rules that are shipped, or of a Prometheus that runs already. */
async function knownAlerts(prometheusUrl: string | undefined): Promise<string[]> {
  if (prometheusUrl !== undefined) {
    try {
      return (await createPrometheus(prometheusUrl).rules()).map(({ name }) => name);
    } catch (cause) {
      const why = `--prometheus ${prometheusUrl} gives no answer: ${whyNoAnswer(cause)}.`;
      throw new UsageError(`${why} Start it, or leave the option out.`, { cause });
    }
  }
  const text = await readFile(RULES_FILE, "utf8");
  return [...text.matchAll(/^\s*- alert: "?(\w+)"?\s*$/gm)].map(([, name = ""]) => name);
}

function requireKnown(names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const meant = didYouMean(name, known);
    const advice = meant === undefined ? `There are: ${known.join(", ")}.` : `Did you mean ${meant}?`;
    throw new UsageError(`--expect-alert ${name}: no rule has this name. ${advice}`);
  }
}
