import { GRACE_MS } from "../waiting-room/tell-time.ts";
import type { Appointment } from "../waiting-room/waiting-room.ts";
import { html } from "./html.ts";
import { type Page, renderPage } from "./page.ts";
import { address, type Reader } from "./reader.ts";
import { TEXTS } from "./texts.ts";
import { clockMinute, clockTime, count, duration } from "./told-time.ts";

/** A person's place and time. Nothing of the person is known yet, so nothing of them can be shown. */
export function renderWaitPage(reader: Reader, appointment: Appointment): Page {
  const { language } = reader;
  const { ticket, place, comeBackAtMs, comeBackInSeconds, retryAfterSeconds } = appointment;
  const text = TEXTS[language].wait;
  const time = clockTime(comeBackAtMs);
  const self = address("/join", reader, ticket);
  return renderPage(reader, {
    kind: "wait",
    code: "waiting",
    title: text.title(time),
    path: "/join",
    ticket,
    refresh: { seconds: retryAfterSeconds, to: self },
    main: html`<h1>${text.heading}</h1>
<dl class="sheet told">
<div><dt>${text.turn} (${text.zone})</dt><dd><time class="time" datetime="${new Date(comeBackAtMs).toISOString()}">${text.around(time)}</time><br>${text.inAbout(duration(comeBackInSeconds, language))}</dd></div>
<div><dt>${text.before}</dt><dd>${place === 0 ? text.next : text.people(count(place))}</dd></div>
</dl>
<p>${text.byItself}</p>
<p>${text.keep(clockMinute(comeBackAtMs + GRACE_MS))}</p>
<p class="soft">${text.nothingStored}</p>
<p class="aside"><a href="${self}">${text.look}</a></p>`,
  });
}
