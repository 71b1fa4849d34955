import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { didYouMean } from "../document/did-you-mean.ts";
import { readDocument } from "../document/read-document.ts";
import { UsageError } from "../usage-error.ts";
import { type Campaign, campaignSchema } from "./campaign.ts";

/** Where the shipped campaigns lie; the same two steps up from `src` and from the built `dist`. */
export const CAMPAIGNS_DIR = join(import.meta.dirname, "..", "..", "campaigns");

/**
 * Loads a campaign file, or a shipped one by its bare name (`default`, `spike`). One without a name of its own
 * is called as its file. UsageError with all that is wrong.
 */
export async function loadCampaign(fileOrName: string): Promise<Campaign> {
  const file = isBareName(fileOrName) ? await findShipped(fileOrName) : fileOrName;
  const campaign = await readDocument(file, campaignSchema);
  return { ...campaign, name: campaign.name ?? basename(file).replace(/\.ya?ml$/, "") };
}

/** Names of the shipped campaigns, in the order of the alphabet. */
export async function shippedCampaigns(): Promise<string[]> {
  const files = await readdir(CAMPAIGNS_DIR);
  return files
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
}

function isBareName(fileOrName: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(fileOrName);
}

async function findShipped(name: string): Promise<string> {
  const names = await shippedCampaigns();
  if (names.includes(name)) return join(CAMPAIGNS_DIR, `${name}.yaml`);
  const meant = didYouMean(name, names);
  throw new UsageError(
    `There is no campaign "${name}".${meant ? ` Did you mean "${meant}"?` : ""} Shipped: ${names.join(", ")}. ` +
      `Your own: name the file with its path, ./${name}.yaml`,
  );
}
