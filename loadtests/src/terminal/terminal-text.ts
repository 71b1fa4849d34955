/** Values come from targets that may be hostile: no control sequence of theirs reaches the terminal. */
export function terminalText(text: string): string {
  return text
    .replace(/[\s]+/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .toWellFormed();
}

/** Lines of at most `columns` characters, broken between words; a word that is longer is cut. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of terminalText(text)
    .split(" ")
    .flatMap((one) => slices(one, columns))) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

export const cut = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;

export const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

export function percent(ratio: number | null): string {
  return ratio === null ? "–" : `${Math.round(ratio * 100)} %`;
}

export function latency(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/** `0:07`, `12:30`. */
export function clock(seconds: number): string {
  const floor = Math.max(0, Math.floor(seconds));
  return `${Math.floor(floor / 60)}:${String(floor % 60).padStart(2, "0")}`;
}

function slices(word: string, columns: number): string[] {
  if (word.length <= columns) return [word];
  return Array.from({ length: Math.ceil(word.length / columns) }, (_, index) =>
    word.slice(index * columns, (index + 1) * columns),
  );
}
