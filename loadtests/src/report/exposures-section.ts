import type { Exposure, Verdict } from "../verdict/verdict.ts";
import { html, type Markup } from "./markup.ts";
import { moment, section, shortened, table } from "./parts.ts";
import type { Words } from "./texts.ts";

/** More rows are read in verdict.json, not on a page. */
const ROWS_MAX = 100;
/** As many as are taken in at a glance; the others are folded. */
const OPEN_ROWS_MAX = 10;

export function exposuresSection(verdict: Verdict, words: Words): Markup {
  return section(
    "exposures",
    words.say("exposures"),
    words,
    verdict.exposuresTotal > 0 ? seen(verdict, words) : none(verdict, words),
  );
}

function none(verdict: Verdict, words: Words): Markup {
  const lead = html`<p class="lead">${exposuresSentence(verdict, words)}</p>`;
  if (verdict.outcome === "pass") return lead;
  return html`${lead}<p class="quiet">${words.say("exposuresUnproven")}</p>`;
}

function seen(verdict: Verdict, words: Words): Markup {
  const shown = verdict.exposures.slice(0, ROWS_MAX);
  const folded = shown.slice(OPEN_ROWS_MAX);
  const rest = verdict.exposuresTotal - shown.length;
  const foldedTitle = words.say("nextExposures", { count: folded.length });
  return html`<p class="lead"><strong>${exposuresSentence(verdict, words)}</strong></p>
${exposureTable(shown.slice(0, OPEN_ROWS_MAX), words.say("exposures"), verdict, words)}
${folded.length === 0 ? null : html`<details class="evidence"><summary>${foldedTitle}</summary>${exposureTable(folded, foldedTitle, verdict, words)}</details>`}
${rest > 0 ? html`<p class="quiet">${words.say("more", { count: rest })}</p>` : null}`;
}

function exposureTable(exposures: Exposure[], label: string, verdict: Verdict, words: Words): Markup {
  return table({
    label,
    isStacked: true,
    columns: [
      { title: words.say("viewer") },
      { title: words.say("victim") },
      { title: words.say("fields") },
      { title: words.say("where") },
      { title: words.say("firstSeen") },
      { title: words.say("answers"), isCount: true },
    ],
    rows: exposures.map((exposure) => [
      viewerOf(exposure, words),
      victimOf(exposure, words),
      fieldsOf(exposure, words),
      html`${shortened(exposure.step, 60)} <code>${shortened(exposure.place, 80)}</code>`,
      moment(exposure.firstSeenMicroseconds, verdict.run.startedAt),
      words.number(exposure.answers),
    ]),
  });
}

/** The plain statement: how many cases there were, or how many answers were looked at and none found. */
export function exposuresSentence(verdict: Verdict, words: Words): string {
  const { exposures, exposuresTotal, strength } = verdict;
  if (exposuresTotal === 0) {
    if (strength.answersWithOwnData === 0) return words.say("exposuresNotSeen");
    return words.say("exposuresNone", { answers: strength.answersWithOwnData });
  }
  return words.say(exposures.length < exposuresTotal ? "exposuresLeadPart" : "exposuresLead", {
    count: exposuresTotal,
    listed: exposures.length,
    viewers: new Set(exposures.map((exposure) => exposure.viewer)).size,
    victims: new Set(exposures.map((exposure) => `${exposure.victimRunTag} ${exposure.victim}`)).size,
  });
}

export function viewerOf({ viewer }: Exposure, words: Words): string {
  return viewer === null ? words.say("nobodysAddress") : words.say("visitor", { number: String(viewer) });
}

export function victimOf(exposure: Exposure, words: Words): string {
  const number = String(exposure.victim);
  if (exposure.victimRunTag !== null) {
    return words.say("olderRun", { number, run: String(exposure.victimRunTag) });
  }
  return words.say("visitor", { number });
}

export const fieldsOf = (exposure: Exposure, words: Words): string =>
  words.list(exposure.fields.map((field) => shortened(words.name("field", field), 60)));
