import type { z } from "zod";
import { ALWAYS_JUDGED, WAIVABLE_CHECKS } from "../checks/check-names.ts";
import { didYouMean } from "../document/did-you-mean.ts";
import { CANARY_FIELDS, COMPARED_FIELDS } from "../people/field.ts";
import { hostOf } from "./allowed-url.ts";
import { STEP_ROLES } from "./target.ts";
import type { MeaningFile, StepFile, TargetFile } from "./target-file.ts";
import { DERIVED_FIELDS, placeholdersOf, RUN_PLACEHOLDER, stringsOf } from "./template.ts";

type Complain = (path: PropertyKey[], message: string) => void;

/** What one value alone cannot show: that the parts of a target file agree with each other. */
export function checkTarget(file: TargetFile, context: z.core.$RefinementCtx): void {
  const complain: Complain = (path, message) => context.addIssue({ code: "custom", path, message });
  checkHosts(file, complain);
  checkSteps(file, complain);
  checkTemplates(file, complain);
  checkHeaders(["headers"], file.headers, complain);
  checkWaivers(file, complain);
}

/** The host that is known without asking the environment: of the URL itself, or of its default. */
export function knownHost(baseUrl: string): string | null {
  const fallback = /^\$\{[^}]*?:-([^}]*)\}/.exec(baseUrl)?.[1];
  return hostOf(fallback ?? baseUrl);
}

/** The journey's order: by role, then as in the file. */
export function inJourneyOrder<S extends { role: StepFile["role"] }>(steps: readonly S[]): S[] {
  return [...steps].sort((one, other) => STEP_ROLES.indexOf(one.role) - STEP_ROLES.indexOf(other.role));
}

export const nameOf = (step: Pick<StepFile, "name" | "role">): string => step.name ?? step.role;

function checkHosts(file: TargetFile, complain: Complain): void {
  const host = knownHost(file.baseUrl);
  const hosts = file.hosts?.map((name) => name.toLowerCase());
  if (!hosts) {
    if (host === null)
      complain(["baseUrl"], "found a host that only the environment knows, expected hosts: [NAME] beside it");
    return;
  }
  if (host !== null && !hosts.includes(host))
    complain(["hosts"], `found no ${host}, the host of baseUrl; expected it among them`);
  for (const [at, { path }] of file.steps.entries()) {
    const absolute = hostOf(path ?? "");
    if (absolute !== null && !hosts.includes(absolute))
      complain(["steps", at, "path"], `found ${absolute}, expected one of the hosts: ${hosts.join(", ")}`);
  }
  for (const name of Object.keys(file.resolve)) {
    if (!hosts.includes(name.toLowerCase()))
      complain(["resolve", name], `found a host that is not among the hosts: ${hosts.join(", ")}`);
  }
}

function checkSteps(file: TargetFile, complain: Complain): void {
  const { steps } = file;
  const names = steps.map(nameOf);
  for (const [at, step] of steps.entries()) {
    if (names.indexOf(nameOf(step)) !== at)
      complain(["steps", at], `found a second step named ${nameOf(step)}, expected name: to tell them apart`);
    checkBody(at, step, complain);
    checkMailStep(at, step, file, complain);
    checkMeans(at, step, complain);
    checkHeaders(["steps", at, "headers"], step.headers, complain);
  }
  if (!steps.some(({ role }) => role === "sign-up"))
    complain(["steps"], "found no step with role: sign-up, expected the signup itself");
  else if (!steps.some(({ means }) => means?.acknowledged !== undefined))
    complain(
      ["steps"],
      "found no step that says what acknowledged means, as in means: { acknowledged: 201 }",
    );
  const readsOwn = steps.some(({ role }) => role === "read-own");
  if (file.readBack.http === true && !readsOwn)
    complain(["readBack", "http"], "found true without a step with role: read-own");
  if (!file.readBack.sql && (!readsOwn || file.readBack.http === false))
    complain(
      ["steps"],
      "found no way to read members back, expected a step with role: read-own, or readBack.sql",
    );
  checkCleanUp(file, names, complain);
}

/** Whoever cleans up after one run must not take the people of another. */
function checkCleanUp({ cleanUp, steps }: TargetFile, names: string[], complain: Complain): void {
  if (cleanUp === undefined) return;
  if ("sql" in cleanUp) {
    if (!cleanUp.sql.statement.includes(RUN_PLACEHOLDER))
      complain(
        ["cleanUp", "sql", "statement"],
        "found a statement that takes the people of every run, expected ${run} in it, as in delete from members where email like '%.${run}@crowd.example'",
      );
    return;
  }
  const step = steps[names.indexOf(cleanUp.step)];
  if (step === undefined)
    complain(["cleanUp", "step"], `found ${cleanUp.step}, expected one of the steps: ${names.join(", ")}`);
  else if (step.role !== "clean-up")
    complain(["cleanUp", "step"], `found a step with role: ${step.role}, expected role: clean-up`);
}

function checkMailStep(at: number, step: StepFile, { sinks }: TargetFile, complain: Complain): void {
  if ((step.path === undefined) === (step.mail === undefined))
    complain(["steps", at], "found neither path nor mail, or both; expected one of them");
  if (step.mail === undefined) return;
  if (typeof sinks.mail !== "object")
    complain(
      ["steps", at, "mail"],
      "found a wait for a mail, expected sinks.mail: { smtp: HOST:PORT } or { folder: DIR }",
    );
  const other = (["method", "means", ...BODIES] as const).find((key) => step[key] !== undefined);
  if (other !== undefined)
    complain(["steps", at, other], "found it beside mail, expected nothing to be sent by a step that waits");
}

const BODIES = ["json", "form", "multipart", "text"] as const;

function checkBody(at: number, step: StepFile, complain: Complain): void {
  const given = BODIES.filter((kind) => step[kind] !== undefined);
  if (given.length > 1)
    complain(["steps", at, given[1]!], `found ${given.join(" and ")}, expected one body at most`);
  if (step.contentType !== undefined && step.text === undefined)
    complain(
      ["steps", at, "contentType"],
      "found it without text, expected the other bodies to bring their own",
    );
  if (given.length > 0 && (step.method === "GET" || step.method === "HEAD"))
    complain(["steps", at, "method"], `found ${step.method} with a body, expected POST, PUT or PATCH`);
}

/** A 5xx that only has its number may come from a proxy after the commit: nobody knows what it means. */
function checkMeans(at: number, step: StepFile, complain: Complain): void {
  for (const [name, meaning] of Object.entries(step.means ?? {})) {
    for (const part of [meaning].flat() as Exclude<MeaningFile, unknown[]>[]) {
      const isMarked = typeof part === "object" && Boolean(part.header ?? part.json ?? part.body);
      const statuses = typeof part === "object" ? [part.status ?? []].flat() : [part];
      if (!isMarked && statuses.some((status) => String(status).startsWith("5")))
        complain(
          ["steps", at, "means", name],
          "found a 5xx without a marker, which a proxy may send as well; expected header, json or body beside it, as in { status: 503, json: { /code: busy } }",
        );
    }
  }
}

function checkTemplates(file: TargetFile, complain: Complain): void {
  const made = new Set<string>();
  const places = new Map(file.steps.map((step, at) => [step, at]));
  for (const step of inJourneyOrder(file.steps)) {
    const at = places.get(step)!;
    // Somebody waiting comes back more than once: a come-back may use what the one before it was given.
    if (step.role === "come-back") addCaptures(step, made);
    for (const key of ["path", "headers", ...BODIES] as const) {
      checkPlaceholders(["steps", at, key], step[key], made, complain);
    }
    addCaptures(step, made);
  }
  for (const key of ["baseUrl", "headers", "telemetry", "readBack", "cleanUp", "sinks"] as const) {
    checkPlaceholders([key], key === "cleanUp" ? withoutRun(file[key]) : file[key], null, complain);
  }
}

/** `${run}` has a meaning there, and only there. */
function withoutRun(value: unknown): string[] {
  return stringsOf(value).map((text) => text.replaceAll(RUN_PLACEHOLDER, ""));
}

function addCaptures(step: StepFile, made: Set<string>): void {
  for (const name of Object.keys(step.captures)) made.add(name);
  if (step.ticket !== undefined) made.add("ticket");
  // The visitor keeps the member ID under this name by itself.
  if (step.memberId !== undefined) made.add("memberId");
}

const PERSON_NAMES = [...CANARY_FIELDS, ...COMPARED_FIELDS, "visitor", "ipAddress", "key", ...DERIVED_FIELDS];

/** `made` is null where no person is at hand. */
function checkPlaceholders(
  path: PropertyKey[],
  value: unknown,
  made: ReadonlySet<string> | null,
  complain: Complain,
): void {
  for (const placeholder of stringsOf(value).flatMap(placeholdersOf)) {
    const wrong = wrongPlaceholder(placeholder, made);
    if (wrong) complain(path, wrong);
  }
}

function wrongPlaceholder(
  placeholder: ReturnType<typeof placeholdersOf>[number],
  made: ReadonlySet<string> | null,
): string | null {
  switch (placeholder.kind) {
    case "secret":
      return null;
    case "unknown":
      return `found \${${placeholder.text}}, expected \${person.FIELD}, \${captured.NAME}, \${key}, \${env:NAME} or \${file:PATH} ($\${ for the characters themselves)`;
    case "key":
      return made ? null : `found \${key}, expected only \${env:NAME} or \${file:PATH} here`;
  }
  const { kind, name } = placeholder;
  if (!made) return `found \${${kind}.${name}}, expected only \${env:NAME} or \${file:PATH} here`;
  const known = kind === "person" ? PERSON_NAMES : [...made];
  if (known.includes(name)) return null;
  const meant = didYouMean(name, known);
  const hint = meant ? `did you mean \${${kind}.${meant}}? ` : "";
  const expected =
    kind === "person"
      ? `expected one of: ${known.join(", ")}`
      : `expected a capture of an earlier step${known.length > 0 ? `: ${known.join(", ")}` : "; there is none"}`;
  return `found \${${kind}.${name}}; ${hint}${expected}`;
}

const SECRET_HEADER = /authorization|api-?key|access-?key|token|secret|password|cookie|credential/i;

function checkHeaders(path: PropertyKey[], headers: Record<string, string>, complain: Complain): void {
  for (const [name, value] of Object.entries(headers)) {
    if (SECRET_HEADER.test(name) && !/(?<!\$)\$\{/.test(value))
      complain(
        [...path, name],
        "found what looks like a plain secret, expected ${env:NAME}, ${file:PATH} or a capture",
      );
  }
}

function checkWaivers({ notJudged }: TargetFile, complain: Complain): void {
  for (const name of Object.keys(notJudged)) {
    if (ALWAYS_JUDGED.includes(name))
      complain(["notJudged", name], "found a check that is always judged, expected it not to be here");
    else if (!WAIVABLE_CHECKS.includes(name)) {
      const meant = didYouMean(name, WAIVABLE_CHECKS);
      const hint = meant ? `did you mean "${meant}"? ` : "";
      complain(
        ["notJudged", name],
        `found no such check; ${hint}expected one of: ${WAIVABLE_CHECKS.join(", ")}`,
      );
    }
  }
}
