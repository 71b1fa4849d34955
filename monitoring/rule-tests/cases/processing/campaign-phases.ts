import { hold, metric, type Series } from "../../rule-test.ts";

/** One phase after the other, each with the share let in. */
export function phases(
  labels: Record<string, string>,
  phase: "open" | "halted" | "unreadable",
  ...parts: [share: number, seconds: number][]
): Series[] {
  const flag = (name: "open" | "halted") => parts.map(([, seconds]) => hold(phase === name ? 1 : 0, seconds));
  return [
    metric("crowdproof_campaign_state", { ...labels, phase: "open" }, ...flag("open")),
    metric("crowdproof_campaign_state", { ...labels, phase: "halted" }, ...flag("halted")),
    metric(
      "crowdproof_campaign_share_ratio",
      labels,
      ...parts.map(([share, seconds]) => hold(share, seconds)),
    ),
  ];
}
