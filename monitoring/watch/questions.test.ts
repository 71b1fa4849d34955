import { expect, it } from "vitest";
import { strangersIn } from "../promql/strangers.ts";
import { QUESTIONS } from "./questions.ts";

const questions = Object.entries(QUESTIONS);

it("watch asks only for metrics, labels and values of the catalogue: a misspelt one would be no data for ever", () => {
  expect(questions.length).toBeGreaterThan(20);
  expect(
    questions.flatMap(([name, expr]) => strangersIn(expr).map((stranger) => `${name}: ${stranger}`)),
  ).toEqual([]);
});
