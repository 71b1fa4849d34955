type Headers = Readonly<Record<string, string>>;

/** Seconds, or an HTTP date against the answer's own Date (whose clock is the same); null where it is neither. */
export function retryAfterSeconds(headers: Headers): number | null {
  const text = headers["retry-after"]?.trim();
  if (!text) return null;
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text)) return Number(text);
  const due = parseHttpDate(text);
  const sent = parseHttpDate(headers["date"] ?? "");
  return due === null || sent === null ? null : Math.max(0, (due - sent) / 1000);
}

/** Sum of the durations in Server-Timing; one named `total` is the sum already. */
export function originMilliseconds(headers: Headers): number | null {
  const text = headers["server-timing"];
  if (text === undefined) return null;
  let sum: number | null = null;
  for (const entry of text.split(",")) {
    const match = DURATION.exec(entry);
    const milliseconds = Number(match?.[2]);
    if (!match || !Number.isFinite(milliseconds)) continue;
    if (match[1]!.toLowerCase() === "total") return milliseconds;
    sum = (sum ?? 0) + milliseconds;
  }
  return sum;
}

const DURATION = /^\s*([^;\s]+)\s*;(?:.*;)?\s*dur\s*=\s*"?([\d.]+)/i;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** IMF-fixdate (RFC 9110, 5.6.7), the only form that may be sent; Date.parse is another in each engine. */
function parseHttpDate(text: string): number | null {
  const match = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(text.trim());
  if (!match) return null;
  const [, day, month = "", year, hour, minute, second] = match;
  const monthNumber = MONTHS.indexOf(month);
  if (monthNumber < 0) return null;
  return Date.UTC(Number(year), monthNumber, Number(day), Number(hour), Number(minute), Number(second));
}
