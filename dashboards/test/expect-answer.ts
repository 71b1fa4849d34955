import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { fillIn } from "./read-dashboards.ts";

export interface Asked {
  /** As the committed file has it. */
  readonly expr: string;
  /** What is scraped every 10 s, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly atSeconds: number;
  readonly answer: readonly { readonly labels: string; readonly value: number }[];
}

/** Asks Prometheus's own evaluation; it fails with promtool's words. */
export async function expectAnswer(promtool: string, asked: Asked): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-panels-"));
  try {
    const file = join(folder, "panel.yml");
    await writeFile(file, JSON.stringify(promtoolTest(asked)));
    const { stdout } = await promisify(execFile)(promtool, ["test", "rules", file]);
    expect(stdout).toContain("SUCCESS");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function promtoolTest({ expr, series, atSeconds, answer }: Asked) {
  return {
    tests: [
      {
        interval: "10s",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [{ expr: fillIn(expr, 20), eval_time: `${atSeconds}s`, exp_samples: answer }],
      },
    ],
  };
}
