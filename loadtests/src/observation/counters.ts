import type { ObservationEvent } from "../events/event.ts";
import type { AnswerClass } from "../target/target.ts";
import type { ObserveContext } from "./observe-context.ts";
import { readSeries } from "./prometheus-text.ts";

type Counters = Partial<Record<AnswerClass, number>>;

/** The counters that a metrics page has; a class is left out where no series of it is there. */
export function countersIn(text: string, declared: Partial<Record<AnswerClass, string>>): Counters {
  const counters: Counters = {};
  for (const [name, selector] of Object.entries(declared)) {
    const value = readSeries(text, selector);
    if (value !== null) counters[name as AnswerClass] = value;
  }
  return counters;
}

/** Their increase over the run. A series that was not there before began at nothing; one that fell was reset. */
export function* counterEvents(
  before: Counters | null,
  after: Counters,
  { plan, say, blank }: ObserveContext,
): Generator<ObservationEvent> {
  for (const [name, selector] of Object.entries(plan.target.telemetry.counters)) {
    const start = before === null ? null : (before[name as AnswerClass] ?? 0);
    const end = after[name as AnswerClass];
    if (start === null) say(`${selector} was not read before the run, so its increase is not known.`);
    else if (end === undefined)
      say(`The metrics have no series ${selector}; mend counters in the target file.`);
    else if (end < start) say(`${selector} fell from ${start} to ${end}: the target was started again.`);
    else yield { ...blank, kind: "counter", name, value: end - start };
  }
}

/** What the series that have a bound say after the run. */
export function* boundEvents(
  text: string,
  { plan, say, blank }: ObserveContext,
): Generator<ObservationEvent> {
  for (const selector of Object.keys(plan.target.telemetry.bounds ?? {})) {
    const value = readSeries(text, selector);
    if (value === null) say(`The metrics have no series ${selector}; mend bounds in the target file.`);
    else yield { ...blank, kind: "bound", name: selector, value };
  }
}
