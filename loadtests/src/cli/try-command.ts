import type { Command } from "commander";
import { loadCampaign } from "../campaign/load-campaign.ts";
import { sendOneVisitor } from "../engine/embedded/send-one-visitor.ts";
import { openMailSink } from "../mail/mail-sink.ts";
import { compilePlan } from "../plan/compile-plan.ts";
import { BEHAVIOURS, type Plan } from "../plan/plan.ts";
import { createRunId } from "../plan/run-id.ts";
import { loadTarget } from "../target/load-target.ts";
import { requireOwnTarget } from "../target/permission.ts";
import { requireReachable } from "../target/reachable.ts";
import { resolveSecrets } from "../target/secrets.ts";
import type { Target } from "../target/target.ts";
import { createColors, hasColor } from "../terminal/color.ts";
import { describeTrial, type Trial } from "../terminal/describe-trial.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { ownTargetOption } from "./repeatable.ts";

export function addTryCommand(program: Command): void {
  program
    .command("try")
    .description(
      "Send one visitor and show each step: what was captured, how it was understood, where its canaries came back.",
    )
    .argument("<TARGET>", "target file")
    .addOption(ownTargetOption())
    .addHelpText("after", "\nExample:\n  crowdproof try my-signup.yaml\n")
    .action(async (file: string, flags: { iOwnThisTarget: string[] }) => {
      const target = await loadTarget(file);
      const secrets = await resolveSecrets(target, process.env);
      await requireOwnTarget(target, flags.iOwnThisTarget);
      await requireReachable(target, secrets);
      const trial = await tryTarget(target, secrets);
      process.stdout.write(describeTrial(trial, createColors(hasColor(process.stdout))));
      process.exitCode = trial.isUsable ? EXIT_CODES.pass.code : EXIT_CODES.usage.code;
    });
}

async function tryTarget(target: Target, secrets: Record<string, string>): Promise<Trial> {
  const plan = await oneVisitor(target);
  const mails = await openMailSink({ plan, secrets, say: (reason) => process.stderr.write(`${reason}\n`) });
  const { seen } = await sendOneVisitor(plan, { ...secrets, ...mails?.secrets }).finally(() =>
    mails?.close(),
  );
  // An own canary in the signup's answer alone may be an echo; it is a beginning all the same.
  const isUsable = seen.some(({ result }) => result.event.own.length > 0);
  return { target, seen, isUsable };
}

/** One plain visitor, due now, who does not think. */
async function oneVisitor(target: Target): Promise<Plan> {
  const campaign = await loadCampaign("smoke");
  const plan = compilePlan(campaign, target, { runId: createRunId(), scale: 1 });
  const none = { kind: "constant", seconds: 0 } as const;
  return {
    ...plan,
    arrivals: { dueMicroseconds: [0], behaviour: [BEHAVIOURS.indexOf("plain")], group: [0], burst: [0] },
    thinkTimes: { betweenSteps: none, patience: none, beforeRetry: none },
    durationSeconds: 0,
    drainSeconds: target.readBack.visibleWithinSeconds,
    readBackSeconds: 0,
  };
}
