import { join } from "node:path";
import { loadCampaign } from "../../campaign/load-campaign.ts";
import { loadTarget } from "../../target/load-target.ts";

/** Where the compiled documents lie; beside the k6 scripts that open them. */
export const COMPILED_DIR = join(import.meta.dirname, "..", "..", "..", "k6", "compiled");

/** Campaigns with a k6 script of their own. */
export const SCRIPTED_CAMPAIGNS = ["smoke", "spike", "ramp", "soak", "breakpoint", "retry-storm"] as const;

const TARGET_FILE = join(import.meta.dirname, "..", "..", "..", "targets", "reference.yaml");

/** k6 cannot import a YAML package: file name → the document that the plain k6 scripts open in its stead. */
export async function compiledScripts(): Promise<Record<string, object>> {
  const compiled: Record<string, object> = {
    "reference-target.json": await loadTarget(TARGET_FILE),
  };
  for (const name of SCRIPTED_CAMPAIGNS) compiled[`${name}.json`] = await loadCampaign(name);
  return compiled;
}
