import { cut, terminalText, wrapped } from "../terminal/terminal-text.ts";

/** A line for a person: a word that says what it is about, and what happened. */
export type Tell = (label: string, text: string) => void;

export interface Course {
  done: number;
  sawTheirOwn: number;
  answers: number;
  isBlind: boolean;
}

/** What a person sees while it runs: a line for each event, and how it stands below them; in a log once in a while. */
export interface StatusLine {
  tell: Tell;
  show(course: Course): void;
  close(): void;
}

/** A log of a day has some hundred lines. */
const LOG_EVERY_MS = 600_000;
/** The longest name of a check, and a blank. */
const LABEL_COLUMNS = 18;
const ERASE = "\r\u001b[2K";

export function createStatusLine(stream: NodeJS.WriteStream): StatusLine {
  const isTty = stream.isTTY === true;
  let standing = "";
  let loggedMs = Number.NEGATIVE_INFINITY;
  const erase = () => {
    if (standing !== "") stream.write(ERASE);
  };
  const tell: Tell = (label, text) => {
    erase();
    const head = `  ${timeOf(new Date())}  ${label.padEnd(LABEL_COLUMNS)}`;
    // A log has a line for each, to be searched; a person has a screen.
    const lines = isTty ? wrapped(text, columnsOf(stream) - head.length - 1) : [terminalText(text)];
    stream.write(`${head}${lines.join(`\n${" ".repeat(head.length)}`)}\n${standing}`);
  };

  return {
    tell,
    show(course) {
      const [label, words] = wordsOf(course);
      if (!isTty) {
        if (course.done === 0 || performance.now() - loggedMs < LOG_EVERY_MS) return;
        loggedMs = performance.now();
        tell(label, words);
        return;
      }
      erase();
      const whole = `  ${timeOf(new Date())}  ${label.padEnd(LABEL_COLUMNS)}${words}`;
      standing = cut(whole, columnsOf(stream) - 1);
      stream.write(standing);
    },
    close() {
      erase();
      standing = "";
    },
  };
}

function wordsOf({ done, sawTheirOwn, answers, isBlind }: Course): [label: string, words: string] {
  const seen = `${done} done, ${sawTheirOwn} saw their own data in ${answers} answers`;
  return isBlind ? ["unknown", `${seen}; nothing is seen now`] : ["watching", seen];
}

/** Narrower, and nothing could be read. */
const COLUMNS_MIN = 60;
const COLUMNS_MAX = 120;

const columnsOf = ({ columns = 80 }: NodeJS.WriteStream) =>
  Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, columns));

/** Local, as a clock on the wall. */
function timeOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
