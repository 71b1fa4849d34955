import { type Node, nodesOf, parsePromql } from "./parse.ts";

export interface Selector {
  /** As written: a metric, one of a histogram's three series, or what a rule recorded. */
  readonly series: string;
  readonly matchers: readonly Matcher[];
}
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** What an expression reads. */
export function selectorsOf(expr: string): Selector[] {
  return [...nodesOf(parsePromql(expr))]
    .filter(({ type }) => type === "VectorSelector")
    .map((selector) => ({
      series: childText(selector, "Identifier"),
      matchers: [...nodesOf(selector)].filter(({ type }) => type === "UnquotedLabelMatcher").map(matcherOf),
    }));
}

/** The labels by which an expression groups and joins. */
export function groupingLabelsOf(expr: string): string[] {
  return [...nodesOf(parsePromql(expr))]
    .filter(({ type }) => type === "GroupingLabels")
    .flatMap(({ children }) => children.map(({ text }) => text));
}

function matcherOf(node: Node): Matcher {
  return {
    label: childText(node, "LabelName"),
    operator: childText(node, "MatchOp"),
    value: JSON.parse(childText(node, "StringLiteral")) as string,
  };
}

function childText(node: Node, type: string): string {
  return node.children.find((child) => child.type === type)?.text ?? "";
}
