import type { CheckResult, Verdict } from "../verdict/verdict.ts";
import { escapeMarkup } from "./markup.ts";
import { shortened } from "./parts.ts";

interface Case {
  name: string;
  suite: string;
  body: string;
  result: "pass" | "failure" | "error" | "skipped";
}

/**
 * One testcase a check. Unknown is an error, never a skip: many CI systems are green over skipped tests.
 * What the target file waived is skipped, with its reason: it was neither passed nor failed.
 */
export function renderJunit(verdict: Verdict): string {
  const cases = [...verdict.checks.map(caseOf), ...outcomeCase(verdict)];
  const count = (result: Case["result"]) => cases.filter((one) => one.result === result).length;
  const seconds = verdict.run.seconds.toFixed(3);
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" time="${seconds}"`;
  const timestamp = Number.isNaN(Date.parse(verdict.run.startedAt))
    ? ""
    : ` timestamp="${new Date(verdict.run.startedAt).toISOString().slice(0, 19)}"`;
  const name = escapeMarkup(shortened(`crowdproof ${verdict.run.campaign} against ${verdict.run.target}`));
  const properties = Object.entries(verdict.run).map(
    ([key, value]) =>
      `      <property name="${escapeMarkup(key)}" value="${escapeMarkup(shortened(String(value ?? "")))}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="crowdproof" ${counts}>
  <testsuite name="${name}" ${counts}${timestamp}>
    <properties>
${properties.join("\n")}
    </properties>
${cases.map((one) => `    <testcase name="${escapeMarkup(one.name)}" classname="crowdproof.${one.suite}" time="0">${one.body}</testcase>`).join("\n")}
    <system-out>${escapeMarkup(verdict.reasons.map((reason) => shortened(reason, 2000)).join("\n"))}</system-out>
  </testsuite>
</testsuites>
`;
}

function caseOf(check: CheckResult): Case {
  const base = { name: check.name, suite: check.kind };
  if (!check.judged) {
    return {
      ...base,
      result: "skipped",
      body: `<skipped message="${attribute(`not judged: ${check.reason}`)}"/>`,
    };
  }
  const observed = `${check.summary}\nobserved: ${check.observed}`;
  if (check.outcome === "pass") {
    return { ...base, result: "pass", body: `<system-out>${escapeMarkup(observed)}</system-out>` };
  }
  const evidence = check.evidence.slice(0, 10).map((row) => shortened(JSON.stringify(row), 1000));
  const text = escapeMarkup([observed, ...evidence].join("\n"));
  const [element, result] =
    check.outcome === "fail" ? (["failure", "failure"] as const) : (["error", "error"] as const);
  return {
    ...base,
    result,
    body: `<${element} type="${check.outcome}" message="${attribute(check.summary)}">${text}</${element}>`,
  };
}

/** No verdict but a pass may look green, also where no check says so by itself (none ran, or the record is broken). */
function outcomeCase(verdict: Verdict): Case[] {
  const isTold = verdict.checks.some((check) => check.judged && check.outcome === verdict.outcome);
  if (verdict.outcome === "pass" || isTold) return [];
  const element = verdict.outcome === "fail" ? "failure" : "error";
  const message = attribute(verdict.reasons[0] ?? "no check gave a result");
  return [
    {
      name: "verdict",
      suite: "verdict",
      result: element,
      body: `<${element} type="${verdict.outcome}" message="${message}"/>`,
    },
  ];
}

const attribute = (text: string): string => escapeMarkup(shortened(text, 500).replace(/\s+/g, " "));
