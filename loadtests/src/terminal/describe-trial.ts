import type { RequestEvent } from "../events/event.ts";
import type { Target } from "../target/target.ts";
import type { SeenAnswer } from "../visitor/engine-context.ts";
import type { Colors } from "./color.ts";
import { terminalText } from "./terminal-text.ts";

/** One visitor sent to a target, answer by answer. */
export interface Trial {
  target: Target;
  seen: SeenAnswer[];
  /** False where the visitor's own canary never came back: no wrong answer could be told from a right one. */
  isUsable: boolean;
}

const CAPTURED_CHARACTERS_MAX = 60;
const BODY_CHARACTERS_MAX = 300;

/** What `crowdproof try` prints: each step as it was understood, and at the end what to do next. */
export function describeTrial({ target, seen, isUsable }: Trial, colors: Colors): string {
  const steps = seen.flatMap((answer, index) => describeStep(answer, index + 1, colors));
  const advice = isUsable
    ? [
        `${colors.bold(colors.green("✓ usable"))}: the visitor's own data came back. Next: crowdproof gate smoke --target FILE`,
      ]
    : [
        `${colors.bold(colors.red("✗ not usable"))}: in no answer did the visitor's own data come back, so nothing could be judged.`,
        "  Add a `read-own` step that shows a person their own data, or mend the step above that did not work.",
      ];
  return [`${colors.bold(terminalText(target.name))}, one visitor`, "", ...steps, ...advice, ""].join("\n");
}

function describeStep({ sending, result }: SeenAnswer, number: number, colors: Colors): string[] {
  const { event, raw, given } = result;
  const phase = sending.phase === "read-back" ? ", reading back" : "";
  const milliseconds = ((event.endedMicroseconds - event.startedMicroseconds) / 1e3).toFixed(0);
  const status =
    event.status === null
      ? `no answer (${event.reason})`
      : `${event.status}, ${event.bodyBytes} bytes, ${milliseconds} ms`;
  const lines = [
    `${number}. ${colors.bold(terminalText(event.step))} (${event.role}${phase})  ${event.method} ${terminalText(event.path)}`,
    `   answer      ${status}`,
    `   understood  ${understood(result, colors)}`,
  ];
  for (const [name, value] of Object.entries(given.captured))
    lines.push(`   captured    ${name} = ${shorten(value)}`);
  for (const { name } of given.cookies.flatMap(({ cookies }) => cookies))
    lines.push(`   cookie      ${terminalText(name)}`);
  if (event.own.length > 0) lines.push(`   own canary  ${colors.green(event.own.join(", "))}`);
  if (event.matched.length > 0) lines.push(`   matched     ${event.matched.join(", ")}`);
  if (event.mismatched.length > 0)
    lines.push(`   ${colors.red("mismatched")}  ${event.mismatched.join(", ")}`);
  if (event.foreign.length > 0)
    lines.push(
      `   ${colors.red("foreign")}     ${event.foreign.map(({ field, place }) => `${field} at ${place}`).join(", ")}`,
    );
  if (isNotUnderstood(event.class) && raw.kind === "answered")
    lines.push(`   body        ${shorten(raw.body, BODY_CHARACTERS_MAX)}`);
  return [...lines, ""];
}

function understood({ event }: SeenAnswer["result"], colors: Colors): string {
  if (!isNotUnderstood(event.class)) return event.class;
  const reason = event.reason === null ? "" : ` (${event.reason})`;
  return colors.red(`${event.class}${reason}: ${ADVICE[event.reason ?? "unclassified"]}`);
}

const ADVICE: Record<NonNullable<RequestEvent["reason"]>, string> = {
  timeout: "look whether it hangs, or give the step a longer `timeoutSeconds`",
  reset: "look into its log: it closed the connection instead of answering",
  cut: "look into its log: it closed the connection in the middle of its answer",
  "connection-refused": "start it, or mend `baseUrl`",
  "not-resolved": "mend the host in `baseUrl`, or say its address in `resolve`",
  "too-large": "raise the campaign's `limits.answerBytesMax` if this answer is meant to be so long",
  "too-many-redirects": "see whether it redirects in circles, or raise the step's `redirects`",
  "redirect-elsewhere": "add the host it leads to to `hosts`, if that is yours as well",
  "bad-http": "see whether `baseUrl` has the right port and protocol: this is not HTTP",
  abandoned: "try again: the visitor hung up",
  "unmarked-5xx": "look into its log; a polite refusal needs a marker in the step's `means`",
  unclassified: "say in the step's `means` what this answer is",
};

function isNotUnderstood(answerClass: string): boolean {
  return answerClass === "failed" || answerClass === "indeterminate";
}

function shorten(text: string, characters = CAPTURED_CHARACTERS_MAX): string {
  const clean = terminalText(text.replace(/\s+/g, " "));
  return clean.length > characters ? `${clean.slice(0, characters)}…` : clean;
}
