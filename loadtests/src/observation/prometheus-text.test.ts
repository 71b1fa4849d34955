import { describe, expect, it } from "vitest";
import { readSeries } from "./prometheus-text.ts";

const PAGE = `# HELP signups_total Signups answered.
# TYPE signups_total counter
signups_total{outcome="acknowledged",instance="a"} 12
signups_total{outcome="acknowledged", instance="b"} 3 1395066363000
signups_total{outcome="refused"} 1.5e+1
signups_total_created{outcome="acknowledged"} 1.7e9
odd_total{path="C:\\\\DIR\\n{\\"x\\"} 7",code="2"} 4 # {trace_id="abc"} 0.67
plain_total 3
broken_total{ 9
absent_total NaN
late_total +Inf
`;

describe("a series of a metrics page", () => {
  it.each([
    { selector: "plain_total", value: 3 },
    { selector: 'signups_total{outcome="acknowledged"}', value: 15 },
    { selector: 'signups_total{instance="b",outcome="acknowledged"}', value: 3 },
    { selector: "signups_total", value: 30 },
    { selector: 'odd_total{path="C:\\\\DIR\\n{\\"x\\"} 7"}', value: 4 },
    { selector: 'signups_total{outcome="halted"}', value: null },
    { selector: "signups", value: null },
    { selector: "broken_total", value: null },
    { selector: "absent_total", value: null },
    { selector: "late_total", value: null },
  ])("$selector is $value", ({ selector, value }) => {
    expect(readSeries(PAGE, selector)).toBe(value);
  });
});
