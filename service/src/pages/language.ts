export const LANGUAGES = ["ja", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A person's own choice, as it stands in an address; undefined for anything else. */
export function chosenLanguage(text: string | null): Language | undefined {
  return LANGUAGES.find((language) => language === text);
}

/** The more wanted of the two (RFC 9110, 12.5.4). Who reads neither is given English. */
export function wantedLanguage(acceptLanguage: string | undefined): Language {
  let wanted: Language = "en";
  let weightMax = 0;
  for (const range of (acceptLanguage ?? "").toLowerCase().split(",", RANGES_MAX)) {
    const [tag = "", ...parameters] = range.split(";").map((part) => part.trim());
    const language = LANGUAGES.find((known) => tag === known || tag.startsWith(`${known}-`));
    const weight = weightOf(parameters);
    if (language === undefined || weight <= weightMax) continue;
    wanted = language;
    weightMax = weight;
  }
  return wanted;
}

/** Browsers send fewer than ten. */
const RANGES_MAX = 30;

function weightOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
