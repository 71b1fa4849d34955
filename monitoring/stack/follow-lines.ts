const POLL_MS = 100;

/** Calls `onLine` for each line that a growing text gets, those it has already included. Returns how to stop. */
export function followLines(readText: () => Promise<string>, onLine: (line: string) => void): () => void {
  let seen = 0;
  let isReading = false;
  const look = async () => {
    if (isReading) return;
    isReading = true;
    const text = await readText().catch(() => "");
    const end = text.lastIndexOf("\n") + 1;
    if (end > seen) for (const line of text.slice(seen, end - 1).split("\n")) onLine(line);
    seen = Math.max(seen, end);
    isReading = false;
  };
  const timer = setInterval(() => void look(), POLL_MS);
  return () => clearInterval(timer);
}
