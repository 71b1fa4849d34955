import type { LostRequest } from "../engine/port.ts";
import type { LossReason, RequestEvent } from "../events/event.ts";
import { ANSWER_CLASSES, type AnswerPattern, type DeclaredClass, type Step } from "../target/target.ts";
import type { OpenAnswer } from "./open-answer.ts";
import { patternOf, readPointer } from "./read-place.ts";

type Classified = Pick<RequestEvent, "class" | "reason">;

/**
 * First match decides, in the order of ANSWER_CLASSES. What nothing matches may still have been committed when it
 * is lost or a 5xx (a proxy's 503 can follow a commit): indeterminate. Anything else is failed.
 */
export function classify(step: Step, answer: OpenAnswer | LostRequest): Classified {
  if (answer.kind === "lost") {
    return {
      class: NEVER_ARRIVED.includes(answer.reason) ? "failed" : "indeterminate",
      reason: answer.reason,
    };
  }
  for (let at = 0; at < ANSWER_CLASSES.length; at++) {
    const name = ANSWER_CLASSES[at]!;
    const patterns = step.means[name as DeclaredClass];
    if (patterns?.some((pattern) => matches(pattern, answer))) return { class: name, reason: null };
  }
  return answer.status >= 500
    ? { class: "indeterminate", reason: "unmarked-5xx" }
    : { class: "failed", reason: "unclassified" };
}

/** The target never had the request, so there is nothing that nobody knows. */
const NEVER_ARRIVED: readonly LossReason[] = ["connection-refused", "not-resolved"];

function matches({ status, header, json, body }: AnswerPattern, answer: OpenAnswer): boolean {
  if (status && !status.includes(answer.status)) return false;
  for (const name in header) {
    const value = answer.headers[name.toLowerCase()];
    if (value === undefined || !patternOf(header[name]!).test(value)) return false;
  }
  for (const pointer in json) {
    if (readPointer(answer.json(), pointer) !== json[pointer]) return false;
  }
  return body === undefined || patternOf(body).test(answer.body);
}
