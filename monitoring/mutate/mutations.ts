import { type Node, nodesOf, parsePromql } from "../promql/parse.ts";

/** One small change of an expression, such as a person makes by mistake. */
export interface Mutation {
  readonly operator: Operator;
  /** What was changed into what, and where (the character it begins at). */
  readonly change: string;
  readonly expr: string;
}

export const OPERATORS = [
  "comparison",
  "arithmetic",
  "set operation",
  "operand",
  "threshold",
  "window",
  "function",
  "aggregation",
  "label",
  "matcher",
  "for",
  "keep_firing_for",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** Every mutation of every node of the expression, in the order of its text. */
export function mutationsOf(expr: string): Mutation[] {
  return [...nodesOf(parsePromql(expr))].flatMap((node) =>
    MUTATORS.flatMap(({ operator, replacements }) =>
      replacements(node).map(({ at = node, by }) => ({
        operator,
        change: `${shorten(at.text)} → ${shorten(by) || "nothing"} at ${at.from}`,
        expr: expr.slice(0, at.from) + by + expr.slice(at.to),
      })),
    ),
  );
}

interface Replacement {
  /** Default: the node itself. */
  readonly at?: Node;
  readonly by: string;
}
interface Mutator {
  readonly operator: Operator;
  replacements(node: Node): Replacement[];
}

/** What is tried instead of each word; a word that is not here has nothing that could be mistaken for it. */
const INSTEAD: Readonly<
  Record<
    "comparison" | "arithmetic" | "set operation" | "function" | "aggregation",
    Readonly<Record<string, readonly string[]>>
  >
> = {
  comparison: {
    ">": [">=", "<"],
    "<": ["<=", ">"],
    ">=": [">", "<"],
    "<=": ["<", ">"],
    "==": ["!=", ">"],
    "!=": ["=="],
  },
  arithmetic: { "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"] },
  "set operation": { and: ["or", "unless"], or: ["and", "unless"], unless: ["and", "or"] },
  function: {
    rate: ["increase"],
    increase: ["rate", "changes"],
    max_over_time: ["min_over_time"],
    min_over_time: ["max_over_time"],
    avg_over_time: ["max_over_time", "min_over_time"],
    clamp_min: ["clamp_max"],
    absent: ["count"],
    // Of the buckets' own heights.
    histogram_quantile: ["quantile"],
  },
  aggregation: {
    max: ["min", "sum"],
    min: ["max", "sum"],
    sum: ["max", "min"],
    avg: ["max", "sum"],
    count: ["sum"],
    group: ["count"],
  },
};

const byWord = (operator: keyof typeof INSTEAD, types: readonly string[]): Mutator => ({
  operator,
  replacements: ({ type, text }) =>
    types.includes(type) ? (INSTEAD[operator][text] ?? []).map((by) => ({ by })) : [],
});

const MUTATORS: readonly Mutator[] = [
  byWord("comparison", ["Gtr", "Lss", "Gte", "Lte", "EqlC", "Neq"]),
  byWord("arithmetic", ["Add", "Sub", "Mul", "Div"]),
  byWord("set operation", ["And", "Or", "Unless"]),
  byWord("function", ["FunctionIdentifier"]),
  { operator: "function", replacements: withoutForecast },
  byWord("aggregation", ["AggregateOp"]),
  { operator: "operand", replacements: eitherSide },
  { operator: "threshold", replacements: otherNumbers },
  { operator: "window", replacements: otherWindows },
  { operator: "label", replacements: otherLabels },
  { operator: "matcher", replacements: otherMatchers },
];

/** What is there now, in place of what is to come. */
function withoutForecast({ type, text, children }: Node): Replacement[] {
  const range = children[1]?.children[0];
  if (type !== "FunctionCall" || !text.startsWith("predict_linear(") || range === undefined) return [];
  return [{ by: `last_over_time(${range.text})` }];
}

/** `a and b` without b; `a or b` without either. */
function eitherSide(node: Node): Replacement[] {
  if (node.type !== "BinaryExpr") return [];
  const left = node.children[0]!;
  const right = node.children.at(-1)!;
  const isOr = node.children.some(({ type }) => type === "Or");
  const isSet = isOr || node.children.some(({ type }) => type === "And" || type === "Unless");
  if (!isSet) return [];
  return (isOr ? [left, right] : [left]).map(({ text }) => ({ by: `(${text})` }));
}

/** A fifth less, a quarter more; 0 becomes 1. */
function otherNumbers({ type, text }: Node): Replacement[] {
  if (type !== "NumberDurationLiteral") return [];
  const number = Number(text);
  const others = number === 0 ? [1] : [number * 0.8, number * 1.25];
  return others.map((other) => ({ by: String(Number(other.toPrecision(6))) }));
}

const SECONDS_OF: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Half as long, twice as long. */
function otherWindows({ type, text }: Node): Replacement[] {
  const parts = type === "NumberDurationLiteralInDurationContext" ? /^(\d+)(ms|s|m|h|d)$/.exec(text) : null;
  if (parts === null) return [];
  const milliseconds = Number(parts[1]) * SECONDS_OF[parts[2]!]! * 1_000;
  return [0.5, 2].map((times) => ({ by: `${milliseconds * times}ms` }));
}

/** One label less; an instance more. */
function otherLabels({ type, children }: Node): Replacement[] {
  if (type !== "GroupingLabels") return [];
  const labels = children.map(({ text }) => text);
  const fewer = labels.map((label) => labels.filter((each) => each !== label));
  const more = labels.includes("instance") ? [] : [[...labels, "instance"]];
  return [...fewer, ...more].map((list) => ({ by: `(${list.join(", ")})` }));
}

/** One matcher less, its opposite, and one alternative less. */
function otherMatchers(node: Node): Replacement[] {
  if (node.type !== "LabelMatchers") return [];
  const matchers = node.children.filter(({ type }) => type === "UnquotedLabelMatcher");
  const without = matchers.map((one) => ({
    by: `{${matchers
      .filter((each) => each !== one)
      .map(({ text }) => text)
      .join(",")}}`,
  }));
  return [...without, ...matchers.flatMap(otherValues)];
}

function otherValues(matcher: Node): Replacement[] {
  const [label, operator, value] = matcher.children.map(({ text }) => text) as [string, string, string];
  const opposite = { "=": "!=", "!=": "=", "=~": "!~", "!~": "=~" }[operator]!;
  const alternatives = operator === "=~" ? value.slice(1, -1).split("|") : [];
  return [
    `${label}${opposite}${value}`,
    ...alternatives.map((one) => `${label}=~"${alternatives.filter((each) => each !== one).join("|")}"`),
  ].map((by) => ({ at: matcher, by }));
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 40)} … ${line.slice(-17)}` : line;
}
