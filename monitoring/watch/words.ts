const WHOLE = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const number = (value: number): string => (Number.isFinite(value) ? WHOLE.format(value) : "?");

/** Tenths: 0.0 each second is not the same as none. */
export const rate = (value: number): string => (Number.isFinite(value) ? TENTHS.format(value) : "?");

/** `210 ms`, `2.4 s`, `3 min`. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return "?";
  if (value < 1) return `${Math.round(value * 1_000)} ms`;
  return value < 10 ? `${value.toFixed(1)} s` : age(value);
}

/** `4 s`, `2 min`, `3 h`, `2 d`. */
export function age(value: number): string {
  if (!Number.isFinite(value)) return "?";
  const passed = Math.max(0, value);
  if (passed < 120) return `${Math.round(passed)} s`;
  if (passed < 7_200) return `${Math.round(passed / 60)} min`;
  return passed < 172_800 ? `${Math.round(passed / 3_600)} h` : `${Math.round(passed / 86_400)} d`;
}

/** On this machine's clock. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** Labels and annotations come from elsewhere: no control sequence of theirs reaches the terminal. */
export function harmless(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .toWellFormed();
}

export function cut(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns < 1 ? "" : `${text.slice(0, columns - 1)}…`;
}

/** Lines of at most `columns` characters, broken between words where there are any. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else if (word !== "") lines.push(cut(word, columns));
  }
  return lines;
}
