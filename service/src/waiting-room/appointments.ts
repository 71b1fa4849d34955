import { PULSE_EVERY_MS } from "../admission/admission.ts";
import type { AppointmentBook, DoorReport } from "./appointment-book.ts";
import { isEmpty, type LineState, type Span } from "./line.ts";

/** One worker's appointments, taken from the book in small spans so that a crowd costs few messages. */
export interface Appointments {
  /** The next free appointment, milliseconds by the book's clock. `leadMs`: where nobody waits, no sooner than that. */
  take(leadMs: number): Promise<{ readonly book: number; readonly appointmentMs: number }>;
  /** Where the line stands, as last heard and gone on from there. */
  line(): LineState;
  /** Opens the book; until then nobody waits. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface AppointmentsOptions {
  openBook(): Promise<AppointmentBook & { close?(): Promise<void> }>;
  readonly clock: () => number;
  /** `isLine`: somebody waits. */
  report(isLine: boolean): DoorReport;
  /** Whole milliseconds from now where the book cannot be asked. */
  guessMs(): number;
}

/**
 * A span is worth this much of the line. What is left of it after as long is dropped, for nobody is told a time that has
 * passed: those places stay empty, and newcomers fill them.
 */
const SPAN_MS = 100;
const SPAN_PLACES_MAX = 1_000;

export function createAppointments(options: AppointmentsOptions): Appointments {
  const { clock, guessMs } = options;
  let book: Awaited<ReturnType<AppointmentsOptions["openBook"]>> | undefined;
  let heard: LineState = {
    book: 0,
    nextMs: 0,
    stoodMs: 0,
    perSecond: 1,
    isHeld: false,
    isIdle: false,
    speed: 1,
  };
  let heardAtMs = clock();
  let reporting: NodeJS.Timeout | undefined;
  let span: Span | undefined;
  let spanNext = 0;
  let spanUntilMs = 0;
  let reserving: Promise<void> | undefined;
  let wanted = 0;

  const hear = (state: LineState) => {
    heard = state;
    heardAtMs = clock();
  };
  function line(): LineState {
    return heard.isHeld ? { ...heard, stoodMs: heard.stoodMs + Math.max(0, clock() - heardAtMs) } : heard;
  }

  async function reserve(leadMs: number): Promise<void> {
    // Where nobody waits, one more than wanted would be an appointment that nobody takes.
    const ahead = isEmpty(line(), clock()) ? 0 : Math.ceil((line().perSecond * SPAN_MS) / 1_000);
    const count = Math.min(SPAN_PLACES_MAX, Math.max(wanted, ahead));
    if (book === undefined) throw new Error("the appointment book is not open");
    span = await book.reserve({ count, leadMs });
    spanNext = 0;
    spanUntilMs = clock() + SPAN_MS;
    // Known at once that there is a line, and not with the next report.
    if (span.book === heard.book) heard = { ...heard, nextMs: Math.max(heard.nextMs, span.toMs) };
  }

  function next() {
    if (span === undefined || spanNext >= span.count || clock() > spanUntilMs) return undefined;
    const appointmentMs = Math.round(span.fromMs + ((span.toMs - span.fromMs) * spanNext) / span.count);
    const taken = { book: span.book, appointmentMs };
    spanNext += 1;
    return taken;
  }

  return {
    async take(leadMs) {
      wanted += 1;
      try {
        for (;;) {
          const taken = next();
          if (taken !== undefined) return taken;
          reserving ??= reserve(leadMs).finally(() => {
            reserving = undefined;
          });
          await reserving;
        }
      } catch {
        // The book cannot be asked: a time of our own, spread because nothing paces it.
        return { book: heard.book, appointmentMs: Math.round(clock() - line().stoodMs + guessMs()) };
      } finally {
        wanted -= 1;
      }
    },
    line,
    async start() {
      const opened = await options.openBook();
      book = opened;
      // Silent where the parent does not answer: the line goes on as it was heard last, and the next report finds out.
      const report = () => opened.report(options.report(!isEmpty(line(), clock()))).then(hear, () => {});
      await report();
      reporting = setInterval(report, PULSE_EVERY_MS).unref();
    },
    async close() {
      clearInterval(reporting);
      await book?.close?.();
    },
  };
}
