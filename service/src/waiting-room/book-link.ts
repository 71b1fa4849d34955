import type { ParentLink } from "../fleet/parent-link.ts";
import type { AppointmentBook, DoorReport, Reservation } from "./appointment-book.ts";
import type { LineState, Span } from "./line.ts";

const KIND = "appointments";

type Message = { readonly reserve: Reservation } | { readonly report: DoorReport };

/** The parent's book, as a worker sees it. */
export function createBookLink(parent: Pick<ParentLink, "request">): AppointmentBook {
  return {
    reserve: async (reserve) => (await parent.request(KIND, { reserve } satisfies Message)) as Span,
    report: async (report) => (await parent.request(KIND, { report } satisfies Message)) as LineState,
  };
}

/** Lets the worker at the other end of the link use the book. */
export function answerFromBook(worker: Pick<ParentLink, "on">, book: AppointmentBook): void {
  worker.on(KIND, (body) => {
    const message = body as Message;
    return "reserve" in message ? book.reserve(message.reserve) : book.report(message.report);
  });
}
