import { readFile } from "node:fs/promises";

/** A check's file is read in parts: a line that is one of these words alone begins a statement. */
const MARKS = [
  "prepare",
  "candidates",
  "observed",
  "parts",
  "numbers",
  "violations",
  "unknowns",
  "members",
  "first",
  "later",
  "errors",
  "bounds",
  "facts",
] as const;
export type Mark = (typeof MARKS)[number];

export interface Statement {
  mark: Mark;
  sql: string;
}

/** The statements of `sql/NAME.sql`, in order. */
export async function readStatements(name: string): Promise<Statement[]> {
  const text = await readFile(new URL(`./sql/${name}.sql`, import.meta.url), "utf8");
  const statements: Statement[] = [];
  for (const line of text.split("\n")) {
    const mark = MARKS.find((word) => line === `-- ${word}`);
    if (mark) statements.push({ mark, sql: "" });
    else if (statements.length > 0) statements.at(-1)!.sql += `${line}\n`;
  }
  return statements.map(({ mark, sql }) => ({ mark, sql: sql.replace(/;\s*$/, "") }));
}

/** The one statement of a file with this mark; null where the file has none. */
export function findStatement(statements: Statement[], mark: Mark): string | null {
  return statements.find((statement) => statement.mark === mark)?.sql ?? null;
}
