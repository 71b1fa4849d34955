import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fault } from "../fault.ts";

export const sameSecondFile: Fault = {
  name: "same-second-file",
  incident: "MICJET, Yokohama 2023: certificates printed by way of a file whose name two requests shared",
  breaks: "people read their own data and nobody else's",
  shows: "two cards in the same second",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  checks: ["reads-own", "acks-durable"],
  apply: (seams) => ({
    ...seams,
    async renderCard(profile) {
      folder ??= createFolder();
      const second = new Date(seams.clock()).toISOString().slice(0, 19).replaceAll(":", "");
      const file = join(folder, `card-${second}.svg`);
      await writeFile(file, await seams.renderCard(profile));
      return readFile(file, "utf8");
    },
  }),
};

/** Made for the first card. */
let folder: string | undefined;

function createFolder(): string {
  const made = mkdtempSync(join(tmpdir(), "crowdproof-cards-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}
