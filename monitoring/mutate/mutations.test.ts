import { describe, expect, it } from "vitest";
import { mutationsOf } from "./mutations.ts";

describe("mutations", () => {
  it.each([
    {
      name: "comparisons and thresholds",
      expr: "x > 10",
      mutants: ["x >= 10", "x < 10", "x > 8", "x > 12.5"],
    },
    {
      name: "windows and functions",
      expr: "rate(x[1m])",
      mutants: ["increase(x[1m])", "rate(x[30000ms])", "rate(x[120000ms])"],
    },
    { name: "an offset", expr: "x offset 5m", mutants: ["x offset 150000ms", "x offset 600000ms"] },
    {
      name: "set operations and their sides",
      expr: "a or b",
      mutants: ["(a)", "(b)", "a and b", "a unless b"],
    },
    {
      name: "aggregations and labels",
      expr: "max by (kind, run) (x)",
      mutants: [
        "min by (kind, run) (x)",
        "sum by (kind, run) (x)",
        "max by (run) (x)",
        "max by (kind) (x)",
        "max by (kind, run, instance) (x)",
      ],
    },
    {
      name: "counts and means",
      expr: "count(x) * avg(x)",
      mutants: ["sum(x) * avg(x)", "count(x) / avg(x)", "count(x) * max(x)", "count(x) * sum(x)"],
    },
    { name: "a quantile of buckets", expr: "histogram_quantile(p, x)", mutants: ["quantile(p, x)"] },
    {
      name: "a forecast",
      expr: "predict_linear(x[1m], y)",
      mutants: ["last_over_time(x[1m])", "predict_linear(x[30000ms], y)", "predict_linear(x[120000ms], y)"],
    },
    {
      name: "matchers and their alternatives",
      expr: 'x{a="1", b=~"2|3"}',
      mutants: [
        'x{b=~"2|3"}',
        'x{a="1"}',
        'x{a!="1", b=~"2|3"}',
        'x{a="1", b!~"2|3"}',
        'x{a="1", b=~"3"}',
        'x{a="1", b=~"2"}',
      ],
    },
    { name: "nothing where there is nothing to mistake", expr: "time()", mutants: [] },
  ])("changes $name", ({ expr, mutants }) => {
    expect(mutationsOf(expr).map((mutation) => mutation.expr)).toEqual(mutants);
  });
});
