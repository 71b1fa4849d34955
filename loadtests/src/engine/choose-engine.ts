import { UsageError } from "../usage-error.ts";
import type { FoundK6 } from "./k6/find-k6.ts";

export const ENGINE_CHOICES = ["auto", "k6", "embedded"] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

export type ChosenEngine =
  | { engine: "k6"; k6Path: string; why: string }
  | { engine: "embedded"; why: string };

/**
 * Which engine sends, and why. Only `auto` may settle for the embedded one: k6 that was asked for and is absent, or
 * cannot send this plan (`whyNotK6`), is an error.
 */
export function chooseEngine(choice: EngineChoice, k6: FoundK6, whyNot: string | null): ChosenEngine {
  if (choice === "embedded") return { engine: "embedded", why: "asked for" };
  if ("path" in k6 && whyNot === null) {
    const why = choice === "k6" ? "asked for" : `k6 v${k6.version} is here`;
    return { engine: "k6", k6Path: k6.path, why };
  }
  const hindrance = "path" in k6 ? `k6 cannot send this: ${whyNot}.` : k6.missing;
  if (choice === "k6") throw new UsageError(`--engine k6: ${hindrance} Or take --engine embedded.`);
  return { engine: "embedded", why: "path" in k6 ? hindrance : `no k6 here: ${hindrance}` };
}
