import type { RunFacts } from "../verdict/verdict.ts";

/** The name in `targets/reference.yaml`, which the gate takes by itself. */
export const REFERENCE_TARGET = "reference service";
/** No file of ours has a longer name; a command must stay one that can be read. */
const CAMPAIGN_CHARACTERS_MAX = 200;

/** Commands to copy. The reference service is what the gate starts by itself; any other target needs its file. */
export function commandsOf(run: RunFacts, dir: string, scale = 1): { again: string; judge: string } {
  const parts = [
    "npx crowdproof gate",
    run.campaign.length <= CAMPAIGN_CHARACTERS_MAX ? quoted(run.campaign) : "CAMPAIGN_FILE",
    ...(run.target === REFERENCE_TARGET ? [] : ["--target TARGET_FILE"]),
    ...(run.engine === "unknown" ? [] : [`--engine ${quoted(run.engine)}`]),
    `--seed ${run.seed}`,
    ...(scale === 1 ? [] : [`--scale ${scale}`]),
    ...(run.fault === null ? [] : [`--fault ${quoted(run.fault)}`]),
  ];
  return { again: parts.join(" "), judge: `npx crowdproof judge ${quoted(dir)}` };
}

/** For a POSIX shell: a campaign's name must not become a command when it is copied. */
function quoted(text: string): string {
  if (/^[\w./:=@][\w./:=@-]*$/.test(text)) return text;
  return `'${text.replace(/[\r\n]/g, " ").replaceAll("'", "'\\''")}'`;
}
