import type { Command } from "commander";
import { loadCampaign } from "../campaign/load-campaign.ts";
import { compilePlan } from "../plan/compile-plan.ts";
import { drawPlan } from "../plan/draw-plan.ts";
import { createRunId } from "../plan/run-id.ts";
import { REFERENCE_TARGET } from "../reference/reference-target.ts";
import { loadTarget } from "../target/load-target.ts";
import { hasColor } from "../terminal/color.ts";
import { parseScale, wholeNumber } from "./parse-number.ts";

const WIDTH_DEFAULT = 100;

export function addPlanCommand(program: Command): void {
  program
    .command("plan")
    .description(
      "Draw a campaign: the curve, how many visitors, what it could claim, what it needs. Sends nothing.",
    )
    .argument("<CAMPAIGN>", "campaign file, or the name of a shipped one")
    .option("--target <FILE>", "target file; the reference service by default", REFERENCE_TARGET)
    .option(
      "--seed <N>",
      "decides arrivals and behaviour; the campaign's own by default",
      wholeNumber("--seed"),
    )
    .option("--scale <X>", "multiplies rates and bursts", parseScale, 1)
    .addHelpText("after", "\nExample:\n  crowdproof plan spike --scale 2\n")
    .action(async (name: string, flags: { target: string; seed?: number; scale: number }) => {
      const [campaign, target] = await Promise.all([loadCampaign(name), loadTarget(flags.target)]);
      const seed = flags.seed === undefined ? {} : { seed: flags.seed };
      const plan = compilePlan(campaign, target, { runId: createRunId(), scale: flags.scale, ...seed });
      const width = process.stdout.columns ?? WIDTH_DEFAULT;
      process.stdout.write(`${drawPlan(plan, { width, color: hasColor(process.stdout) })}\n`);
    });
}
