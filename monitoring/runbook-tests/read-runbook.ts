import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const RUNBOOKS = join(import.meta.dirname, "../runbooks");
export const LANGUAGES = ["en", "ja"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a person does at this alert. */
export interface Runbook {
  readonly title: string;
  /** The one bold line below it. */
  readonly summary: string;
  /** Of the second level, in their order. */
  readonly headings: readonly string[];
  readonly steps: readonly Step[];
  readonly links: readonly string[];
}

/** Commands with what they print while the alert is true. */
export interface Step {
  readonly heading: string;
  readonly commands: string;
  /** `…` stands for anything. Null: nothing is said, so nobody can tell whether it worked. */
  readonly expected: string | null;
  /** Typed by the second person, in a shell and with a token of their own. */
  readonly isColleagues: boolean;
}

/** The names of a language's runbooks. */
export function runbookNames(language: Language): string[] {
  return readdirSync(join(RUNBOOKS, language)).map((file) => file.replace(/\.md$/, ""));
}

export function readRunbook(language: Language, name: string): Runbook {
  return parseRunbook(readFileSync(join(RUNBOOKS, language, `${name}.md`), "utf8"));
}

/** The block of the runbooks' README that every shell begins with. */
export function readSetUp(): string {
  const steps = parseRunbook(readFileSync(join(RUNBOOKS, "README.md"), "utf8")).steps;
  return steps.map(({ commands }) => commands).join("\n");
}

export function parseRunbook(text: string): Runbook {
  const steps: Step[] = [];
  let heading = "";
  let block: string | null = null;
  let commands: string[] = [];
  const headings: string[] = [];
  const add = (expected: string | null) => {
    if (commands.length > 0)
      steps.push({ heading, commands: commands.join("\n"), expected, isColleagues: block === "colleague" });
    commands = [];
  };
  for (const line of text.split("\n")) {
    const fence = /^```(?:sh ?(\w*))?$/.exec(line);
    if (fence !== null) {
      if (block !== null) add(null);
      block = block === null ? (fence[1] ?? "") : null;
    } else if (block === null) {
      const found = /^## (.*)$/.exec(line)?.[1];
      if (found === undefined) continue;
      heading = found;
      headings.push(found);
    } else if (line.startsWith("# → ")) add(line.slice(4));
    else commands.push(line);
  }
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  const title = /^# (.*)$/m.exec(text)?.[1] ?? "";
  return { title, summary: /^\*\*(.+)\*\*$/m.exec(text)?.[1] ?? "", headings, steps, links };
}
