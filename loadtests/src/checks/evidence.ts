import type { Plan } from "../plan/plan.ts";
import type { Step } from "../target/target.ts";
import type { Evidence } from "../verdict/verdict.ts";
import type { SqlValue } from "./history-database.ts";

/** Twenty rows show a pattern; the whole count stands in the summary and all rows can be had from the run folder. */
export const EVIDENCE_MAX = 20;
const TEXT_MAX = 200;

/** A row for a person: visitors, IDs, times, and the request to repeat where the row has a step. */
export function evidenceOf(plan: Plan, row: Record<string, SqlValue>): Evidence {
  const step = plan.target.steps.find(({ name }) => name === row["step"]);
  const columns = Object.entries(row).map(([name, value]) => [name, shown(value)] as const);
  return { ...Object.fromEntries(columns), ...(step ? { curl: curlOf(plan, step) } : {}) };
}

function shown(value: unknown): SqlValue {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

/** To be filled in by hand: a person's data, tokens and secrets stand as `<person.email>`, `<captured.ticket>`, `<env:KEY>`. */
function curlOf({ target }: Plan, step: Step): string {
  const url = step.path.startsWith("/") ? `${target.baseUrl}${step.path}` : step.path;
  const headers = { ...target.headers, ...step.headers };
  if (target.idempotencyHeader && step.role === "sign-up") headers[target.idempotencyHeader] = "${key}";
  if (step.role !== "sign-up" && step.role !== "prepare") headers["cookie"] ??= "${session}";
  const words = ["curl", "-i", "-X", step.method, url];
  const body = bodyOf(step);
  if (body) words.push("-H", `content-type: ${body.contentType}`, "--data-raw", body.text);
  for (const [name, value] of Object.entries(headers)) words.push("-H", `${name}: ${value}`);
  return words.map((word) => quoted(word.replaceAll(/\$\{([^}]*)\}/g, "<$1>"))).join(" ");
}

function bodyOf({ body }: Step): { contentType: string; text: string } | null {
  if (body === undefined) return null;
  if ("json" in body) return { contentType: "application/json", text: JSON.stringify(body.json) };
  if ("text" in body) return { contentType: body.contentType, text: body.text };
  const fields = "form" in body ? body.form : body.multipart;
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  return { contentType: "form" in body ? "application/x-www-form-urlencoded" : "multipart/form-data", text };
}

/** For a POSIX shell: nothing in a target file may become a command of whoever pastes this. */
function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
