import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Runbook {
  readonly language: Language;
  readonly text: string;
}
const LANGUAGES = ["en", "ja"] as const;
type Language = (typeof LANGUAGES)[number];

/** File name = alert name; anything else is no path. */
const NAME = /^[A-Z][A-Za-z0-9]{1,63}$/;

/** The runbook of an alert in the language the reader likes best, else in English; undefined where there is none. */
export async function findRunbook(
  folder: string,
  name: string,
  acceptLanguage: string,
): Promise<Runbook | undefined> {
  if (!NAME.test(name)) return undefined;
  const liked = preferred(acceptLanguage);
  for (const language of new Set<Language>([liked, ...LANGUAGES])) {
    const text = await readIfThere(join(folder, language, `${name}.md`));
    if (text !== undefined) return { language, text };
  }
  return undefined;
}

/** Of `ja;q=0.5, en-GB` the one with the highest weight that we speak (RFC 9110, 12.5.4). */
function preferred(acceptLanguage: string): Language {
  let best: { language: Language; weight: number } = { language: "en", weight: 0 };
  for (const part of acceptLanguage.toLowerCase().split(",")) {
    const [range = "", ...parameters] = part.split(";").map((word) => word.trim());
    const weight = Number(/^q=([\d.]+)$/.exec(parameters[0] ?? "q=1")?.[1] ?? 0);
    const language = LANGUAGES.find((each) => range === each || range.startsWith(`${each}-`));
    if (language !== undefined && weight > best.weight) best = { language, weight };
  }
  return best.language;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
