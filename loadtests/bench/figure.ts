import type { BenchDatabase } from "./bench-database.ts";

/** One number that Crowdproof claims, and the program that measures it again. */
export interface Figure {
  /** As it is typed after `npm run bench --`. */
  name: string;
  title: string;
  /** What is compared with what, and how: enough to doubt the table. */
  explanation: string;
  measure(bench: Bench): Promise<Measured>;
}

/** What every figure is given. */
export interface Bench {
  /** Fewer rounds of less work: shows that the program works, not what the machine can do. */
  isQuick: boolean;
  database: BenchDatabase;
  /** Path of k6 v2; null where it is missing, and what could not be measured for that is said in the notes. */
  k6Path: string | null;
  /** Tells whoever waits what is measured now. */
  tell(line: string): void;
}

export interface Measured {
  tables: Table[];
  goals: Goal[];
  notes: string[];
  /** Written beside the page, under these names. */
  drawings?: { file: string; svg: string }[];
}

export interface Table {
  columns: string[];
  rows: string[][];
}

export interface Goal {
  /** What is wanted, in words and with its number: `p99 at 1,000/s at most 2 ms`. */
  wanted: string;
  measured: string;
  /** Unknown where the rounds lay too far apart to tell. */
  reached: "yes" | "no" | "unknown";
  /** Said where the goal is not reached. */
  inTheWay?: string;
}
