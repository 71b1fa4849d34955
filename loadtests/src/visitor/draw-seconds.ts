import type { Distribution } from "../plan/plan.ts";

/** One pause. Rounded to whole microseconds: logarithms differ in their last bit between the JavaScript engines. */
export function drawSeconds(distribution: Distribution, random: () => number): number {
  return Math.round(sampleSeconds(distribution, random) * 1e6) / 1e6;
}

function sampleSeconds(distribution: Distribution, random: () => number): number {
  switch (distribution.kind) {
    case "constant":
      return distribution.seconds;
    case "uniform":
      return distribution.fromSeconds + random() * (distribution.toSeconds - distribution.fromSeconds);
    case "exponential":
      return Math.min(-Math.log(1 - random()) * distribution.meanSeconds, distribution.maxSeconds);
    case "log-normal":
      return Math.min(
        distribution.medianSeconds * Math.exp(distribution.sigma * sampleNormal(random)),
        distribution.maxSeconds,
      );
  }
}

/** Box–Muller; always draws two numbers. */
function sampleNormal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
