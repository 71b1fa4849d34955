import { sortCanaries } from "../answer/canaries.ts";
import { openAnswer } from "../answer/open-answer.ts";
import { readPlace } from "../answer/read-place.ts";
import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import { blankObservation } from "../events/blank-observation.ts";
import type { ForeignCanary, ObservationEvent } from "../events/event.ts";
import type { CanaryCodec } from "../people/canary.ts";
import type { Plan } from "../plan/plan.ts";
import type { Addressees } from "./addressees.ts";
import type { Mail } from "./mail.ts";

export interface MailContext {
  plan: Plan;
  codec: CanaryCodec;
  addressees: Addressees;
  /** How mails come: `smtp` or `folder`. */
  via: string;
}

/**
 * What a mail says, as facts, read as an answer is read: whose address it went to, whose canaries stood where. A
 * recipient's own address in the headers shows nothing, and is not counted as own data.
 */
export function readMail(mail: Mail, { plan, codec, addressees, via }: MailContext): ObservationEvent {
  const shown = [
    { place: "mail:subject", text: mail.subject },
    { place: "mail:text", text: mail.text },
    ...mail.attachments.map(({ name, text }) => ({ place: `mail:attachment ${name}`, text })),
  ];
  const headers = mail.headers.map(({ name, text }) => ({ place: `mail:header ${name}`, text }));
  const found = shown.flatMap(({ place, text }) => codec.find(text).map((canary) => ({ ...canary, place })));
  const inHeaders = headers.flatMap(({ place, text }) =>
    codec.find(text).map((canary) => ({ ...canary, place })),
  );
  const person = addressees.personAt(mail.to, found);
  const sort = (canaries: ForeignCanary[]) =>
    person === null ? { own: [], foreign: canaries } : sortCanaries(canaries, person, codec);
  const { own, foreign } = sort(found);
  return {
    ...blankObservation(plan.runId, 0),
    kind: "mail",
    name: via,
    value: mail.bytes,
    visitor: person?.visitor ?? null,
    memberId: memberIdIn(mail, plan),
    own,
    foreign: [...foreign, ...sort(inHeaders).foreign],
  };
}

/** What the steps that wait for a mail read: the subject in a line of its own, then the text. */
export function pageOf({ subject, text }: Mail): string {
  return `Subject: ${subject}\n\n${text}`;
}

const NO_TIMES = {
  startedMicroseconds: 0,
  sentMicroseconds: null,
  firstByteMicroseconds: null,
  endedMicroseconds: 0,
};

function memberIdIn(mail: Mail, { target }: Plan): string | null {
  const place = typeof target.sinks.mail === "object" ? target.sinks.mail.memberId : undefined;
  if (place === undefined) return null;
  const body = pageOf(mail);
  const answer = {
    kind: "answered",
    status: 200,
    headers: {},
    cookies: [],
    body,
    bodyBytes: mail.bytes,
    times: NO_TIMES,
  } as const;
  return readPlace(place, openAnswer({ ...answer, cookies: [] }, nodePrimitives));
}
