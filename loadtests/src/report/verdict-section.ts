import type { Verdict } from "../verdict/verdict.ts";
import { asSentence, findingIn } from "./findings.ts";
import { decisiveChecks, headlineOf, namesOfNotJudged, notJudged } from "./headline.ts";
import { html, type Markup } from "./markup.ts";
import { outcomeChip, outcomeIcon, outcomeWord, section, shortened, shownOutcome } from "./parts.ts";
import type { Words } from "./texts.ts";

/** What is seen in three seconds: the outcome, one sentence, what was not judged, four numbers. */
export function verdictBand(verdict: Verdict, words: Words): Markup {
  const { run, strength } = verdict;
  const about = words.say("campaignAgainst", {
    campaign: shortened(run.campaign, 80),
    target: shortened(run.target, 80),
  });
  const figures: [string, string][] = [
    [words.number(verdict.exposuresTotal), words.say("figureExposures")],
    [words.number(strength.answersWithOwnData), words.say("figureOwnData")],
    [words.number(strength.signupsAcknowledged), words.say("figureMembers")],
    [words.ratio(strength.overlapRatio), words.say("figureOverlap")],
    [words.number(run.visitorsStarted), words.say("figureVisitors", { planned: run.visitorsPlanned })],
  ];
  return html`<p class="about"><b>${about}</b> · ${startedText(run.startedAt)} · ${run.engine}</p>
<h1>${outcomeIcon(verdict.outcome)}${outcomeWord(verdict.outcome, words)}</h1>
<p class="headline">${shortened(headlineOf(verdict, words), 400)}</p>
${notJudgedLine(verdict, words)}
<dl class="figures">${figures.map(([value, label]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function verdictSection(verdict: Verdict, words: Words): Markup {
  const content = html`<p class="lead">${outcomeChip(verdict.outcome, words)} ${firstLine(verdict, words)}</p>
${words.language === "en" ? html`<p>${words.say(`${verdict.outcome}Means`)}</p>` : null}
${reasonsOf(verdict, words)}
${verdict.run.stopped === null ? null : html`<p>${words.say("stoppedEarly", { reason: words.name("stopped", verdict.run.stopped) })}</p>`}
${verdict.run.fault === null ? null : html`<p>${words.say("faultOn", { fault: verdict.run.fault })}</p>`}
${waived(verdict, words)}`;
  return section("verdict", words.say("verdict"), words, content);
}

/** The verdict's own first reason, and what it does not speak of. Japanese tells the reasons check by check, below. */
export function firstLine(verdict: Verdict, words: Words): string {
  const names = namesOfNotJudged(verdict, words);
  const reason = words.language === "en" ? verdict.reasons[0] : undefined;
  const line =
    reason === undefined ? words.say(`${verdict.outcome}Means`) : asSentence(shortened(reason, 600));
  if (names.length === 0 || line.includes("not judged:")) return line;
  return `${line} ${words.say("notJudgedHere", { names: words.list(names) })}`;
}

/** English has the verdict's own sentences; Japanese is told check by check, with the original beside it. */
function reasonsOf(verdict: Verdict, words: Words): Markup | null {
  const reasons = verdict.reasons
    .slice(0, 20)
    .map((reason) => html`<li lang="en">${asSentence(shortened(reason, 600))}</li>`);
  if (words.language === "en") {
    return reasons.length < 2 ? null : html`<h3>${words.say("reasons")}</h3><ol>${reasons}</ol>`;
  }
  const decisive = decisiveChecks(verdict);
  const named = decisive.map((check) => {
    const said = outcomeWord(shownOutcome(check), words);
    const title = words.say("reasonOf", { title: words.name("check", check.name), name: check.name, said });
    return html`<li>${title}<br>${findingIn(shortened(check.summary, 600), words)}</li>`;
  });

  return html`${named.length === 0 ? null : html`<h3>${words.say("reasons")}</h3><ol>${named}</ol>`}
${reasons.length === 0 ? null : html`<details class="evidence"><summary>${words.say("original")}</summary><ol>${reasons}</ol></details>`}`;
}

function waived(verdict: Verdict, words: Words): Markup | null {
  const checks = notJudged(verdict);
  if (namesOfNotJudged(verdict, words).length === 0) return null;
  const items = checks.map((check) => {
    const title = words.say("reasonOf", {
      title: words.name("check", check.name),
      name: check.name,
      said: "",
    });
    return html`<li>${title}${findingIn(check.judged ? "" : shortened(check.reason), words)}</li>`;
  });
  const bypassed = verdict.bypassed.map(
    (what) => html`<li>${words.say("bypassed", { what: shortened(what) })}</li>`,
  );
  return html`<h3>${words.say("notJudged")}</h3><ul>${items}${bypassed}</ul>`;
}

function notJudgedLine(verdict: Verdict, words: Words): Markup | null {
  const names = namesOfNotJudged(verdict, words);
  return names.length === 0
    ? null
    : html`<p class="waived">${words.say("notJudgedHere", { names: words.list(names) })}</p>`;
}

/** The record's ISO time without its fraction: the same in every language and time zone. */
export function startedText(startedAt: string): string {
  const time = Date.parse(startedAt);
  return Number.isNaN(time)
    ? startedAt
    : `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
