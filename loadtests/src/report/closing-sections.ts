import type { Strength, Verdict } from "../verdict/verdict.ts";
import { cleanUpCommand, commandsOf } from "./commands.ts";
import { asSentence } from "./findings.ts";
import { html, type Markup } from "./markup.ts";
import { section, shortened } from "./parts.ts";
import type { Residue } from "./residue.ts";
import type { Words } from "./texts.ts";
import { startedText } from "./verdict-section.ts";

export function strengthSection(verdict: Verdict, words: Words): Markup {
  const content = html`<p class="lead">${strengthSentence(verdict, words)}</p>
${strengthRemarks(verdict.strength, words).map((remark) => html`<p>${remark}</p>`)}
<p class="quiet">${words.say("strengthLimits")}</p>`;
  return section("strength", words.say("strength"), words, content);
}

export function strengthSentence(verdict: Verdict, words: Words): string {
  const { strength } = verdict;
  if (words.language === "en") return asSentence(shortened(strength.sentence, 600));
  return words.say("strengthSays", {
    exposures: verdict.exposuresTotal,
    answers: strength.answersWithOwnData,
    signups: strength.signupsAcknowledged,
    overlap: words.ratio(strength.overlapRatio),
    bursts: strength.bursts,
    size: strength.bursts > 0 ? words.say("burstSize", { count: strength.burstVisitorsMax }) : "",
  });
}

function strengthRemarks(strength: Strength, words: Words): string[] {
  const claim = words.say(
    ({ wiring: "claimWiring", crowd: "claimCrowd", saturated: "claimSaturated" } as const)[strength.claim],
  );
  const { episodes, episodeBound95 } = strength;
  return [
    words.say(strength.isClaimEarned ? "claimEarned" : "claimMissed", { claim }),
    episodeBound95 === null || episodeBound95 >= 1
      ? words.say("noBound", { episodes })
      : words.say("bound", { episodes, bound: words.ratio(episodeBound95) }),
  ];
}

interface EnvironmentFacts {
  verdict: Verdict;
  residue: Residue | null;
  dir: string;
}

export function environmentSection({ verdict, residue, dir }: EnvironmentFacts, words: Words): Markup {
  const { run } = verdict;
  const facts: [string, string][] = [
    [words.say("run"), run.runId],
    [words.say("started"), startedText(run.startedAt)],
    [words.say("duration"), words.seconds(run.seconds)],
    [words.say("campaign"), run.campaign],
    [words.say("target"), run.target],
    [words.say("engine"), `${run.engine} ${run.engineVersion}`],
    [words.say("seed"), String(run.seed)],
    [
      words.say("visitors"),
      words.say("visitorsOf", { started: run.visitorsStarted, planned: run.visitorsPlanned }),
    ],
    [words.say("requests"), words.number(run.requests)],
    [words.say("machine"), run.machine],
    [words.say("software"), `Crowdproof ${run.crowdproofVersion}, Node ${run.node}`],
    ...(residue === null
      ? []
      : [[words.say("residue"), residueSentence(residue, dir, words)] satisfies [string, string]]),
    ...(run.fault === null ? [] : [[words.say("fault"), run.fault] satisfies [string, string]]),
  ];
  const list = facts.map(([name, value]) => html`<dt>${name}</dt><dd>${shortened(value)}</dd>`);
  return section("environment", words.say("environment"), words, html`<dl class="facts">${list}</dl>`);
}

/** Whom the run left in its target, and how to remove them. */
export function residueSentence({ left, seen }: Residue, dir: string, words: Words): string {
  if (left === null) return words.say("residueUnknown", { command: cleanUpCommand(dir) });
  if (left === 0) return words.say("residueNone");
  return words.say(seen === "clean-up" ? "residueAfter" : "residueBefore", {
    count: left,
    command: cleanUpCommand(dir),
  });
}

export function repeatSection(facts: { verdict: Verdict; dir: string }, words: Words): Markup {
  const { again, judge } = commandsOf(facts.verdict.run, facts.dir);
  const pre = (command: string, label: string) =>
    html`<pre role="group" aria-label="${label}" tabindex="0"><code>${command}</code></pre>`;
  const content = html`<p>${words.say("repeatSame")}</p>${pre(again, words.say("repeatSame"))}
<p>${words.say("repeatJudge")}</p>${pre(judge, words.say("repeatJudge"))}`;
  return section("repeat", words.say("repeat"), words, content);
}
