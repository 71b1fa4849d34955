import type { Language } from "./language.ts";

/** The campaign's clock: no page knows where its reader is, so the zone is named beside each time. */
const TIME_ZONE = "Asia/Tokyo";

/** `19:03:20`. */
export function clockTime(atMs: number): string {
  return WITH_SECONDS.format(atMs);
}

/** `19:03`: the minute that has begun, so that nobody who goes by it is late. */
export function clockMinute(atMs: number): string {
  return WITH_MINUTES.format(atMs);
}

// Both languages write it alike.
const DIGITS = { timeZone: TIME_ZONE, hourCycle: "h23", hour: "2-digit", minute: "2-digit" } as const;
const WITH_MINUTES = new Intl.DateTimeFormat("en-GB", DIGITS);
const WITH_SECONDS = new Intl.DateTimeFormat("en-GB", { ...DIGITS, second: "2-digit" });

const UNITS = {
  ja: { hours: " 時間", minutes: " 分", seconds: " 秒" },
  en: { hours: " h", minutes: " min", seconds: " s" },
} satisfies Record<Language, Record<"hours" | "minutes" | "seconds", string>>;

/** `2 min 10 s`; from ten minutes on without the seconds, which nobody counts any more. Rounded up. */
export function duration(seconds: number, language: Language): string {
  const units = UNITS[language];
  const step = seconds < 600 ? 1 : 60;
  const whole = Math.max(1, Math.ceil(seconds / step) * step);
  const parts = [
    [Math.floor(whole / 3_600), units.hours],
    [Math.floor((whole % 3_600) / 60), units.minutes],
    [whole % 60, units.seconds],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

/** `1,204`. */
export function count(people: number): string {
  return people.toLocaleString("en-US");
}
