import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { production } from "../rules/parameters.ts";
import { percent } from "../rules/source/processing.ts";
import { STATES } from "../states/states.ts";
import {
  LANGUAGES,
  type Language,
  parseRunbook,
  RUNBOOKS,
  readRunbook,
  runbookNames,
} from "./read-runbook.ts";
import { isExpected } from "./run-steps.ts";

const RULES = join(import.meta.dirname, "../rules/crowdproof.yml");

/** What a page, and the halt that comes of it, have to say; a ticket is shorter. */
const HEADINGS: Record<"long" | "short", Record<Language, string[]>> = {
  long: {
    en: [
      "What the visitor notices",
      "Is it real?",
      "Stop it",
      "Who must be told, and by when",
      "How big is it?",
      "Repair",
      "Reopen",
      "When it was nothing",
    ],
    ja: [
      "お客さまから見ると",
      "本物かどうか",
      "止める",
      "誰に、いつまでに知らせるか",
      "影響はどこまでか",
      "直す",
      "再開する",
      "何でもなかったとき",
    ],
  },
  short: {
    en: ["What the visitor notices", "Is it real?", "Repair", "When it was nothing"],
    ja: ["お客さまから見ると", "本物かどうか", "直す", "何でもなかったとき"],
  },
};
/** Where a runbook says a number of the rules: whoever changes one is led to the other. */
const { processing, budget, capacity } = production;
const inTenSeconds = 10 * processing.goodputShareMin;
const NUMBERS: readonly { alert: string; words: Record<Language, string> }[] = [
  { alert: "SignupsBelowOffered", words: inBoth(percent(processing.goodputShareMin)) },
  {
    alert: "SignupsBelowOffered",
    words: { en: `${inTenSeconds} × \`capacity\``, ja: `\`capacity\` の ${inTenSeconds} 倍` },
  },
  { alert: "SignupsSlowInCampaign", words: inBoth(`le="${budget.slowSeconds}"`) },
  {
    alert: "WaitToldWrong",
    words: {
      en: `more than ${processing.toldErrorSeconds} s`,
      ja: `${processing.toldErrorSeconds} 秒を超え`,
    },
  },
  { alert: "WaitToldWrong", words: inBoth(percent(processing.toldErrorShare)) },
  { alert: "PoolExhausted", words: inBoth(percent(capacity.busyConnectionsShare)) },
];
/** What a command begins with. */
const PROGRAMS =
  /^(?:amtool|cat|curl|date|df|dmesg|docker|free|git|grep|head|journalctl|kill|node|npm|npx|promtool|ps|psql|sudo|systemctl|tail|top|uptime)\b/;
/** Lines on the first screen of a telephone, folded ones among them. */
const FIRST_SCREEN_LINES = 12;

interface Alert {
  name: string;
  severity: string;
}

/** From the rules that Prometheus loads, each alert once. */
function readAlerts(): Alert[] {
  const found = readFileSync(RULES, "utf8")
    .split(/^\s*- alert: /m)
    .slice(1);
  const alerts = found.map((text) => ({
    name: /^\S+/.exec(text)?.[0] ?? "",
    severity: /^\s+severity: (\S+)/m.exec(text)?.[1] ?? "",
  }));
  return [...new Map(alerts.map((alert) => [alert.name, alert])).values()];
}

const alerts = readAlerts();

it("has a runbook in each language for each alert, and none for what is no alert", () => {
  const names = alerts.map(({ name }) => name).sort();
  expect(names.length).toBeGreaterThan(20);
  for (const language of LANGUAGES) expect(runbookNames(language).sort()).toEqual(names);
});

it("knows how to bring about what each page, and the halt, is there for", () => {
  const long = alerts.filter(({ severity }) => severity === "page" || severity === "campaign");
  expect(STATES.map(({ alert }) => alert).sort()).toEqual(long.map(({ name }) => name).sort());
});

describe.each(alerts)("$name", ({ name, severity }) => {
  const kind = severity === "page" || severity === "campaign" ? "long" : "short";

  it.each(LANGUAGES)("has its name, one sentence and the headings of its kind (%s)", (language) => {
    const { title, summary, headings } = readRunbook(language, name);
    expect([title, headings]).toEqual([name, HEADINGS[kind][language]]);
    expect(summary).not.toBe("");
  });

  it.each(LANGUAGES)("shows its first command on the first screen (%s)", (language) => {
    const lines = readFileSync(join(RUNBOOKS, language, `${name}.md`), "utf8").split("\n");
    expect(lines.findIndex((line) => line.startsWith("```sh"))).toBeLessThan(FIRST_SCREEN_LINES);
  });

  it("has the same commands in both languages", () => {
    const [english, japanese] = LANGUAGES.map((language) =>
      readRunbook(language, name).steps.map(({ commands, isColleagues }) => [
        inAnyLanguage(commands),
        isColleagues,
      ]),
    );
    expect(english?.length).toBeGreaterThan(0);
    expect(japanese).toEqual(english);
  });

  it.each(LANGUAGES)("has only links that lead somewhere (%s)", (language) => {
    const file = join(RUNBOOKS, language, `${name}.md`);
    for (const link of readRunbook(language, name).links) {
      if (!link.startsWith("https://")) expect(existsSync(join(dirname(file), link)), link).toBe(true);
    }
  });

  it.each(LANGUAGES)("shows no token to whoever lists processes (%s)", (language) => {
    for (const { commands } of readRunbook(language, name).steps)
      expect(commands).not.toMatch(/bearer |\$\(cat |--user|postgres(ql)?:\/\/\S+@/i);
  });

  if (severity !== "ticket")
    it.each(LANGUAGES)("has no command outside of its blocks, where nobody would run it (%s)", (language) => {
      const text = readFileSync(join(RUNBOOKS, language, `${name}.md`), "utf8").replace(
        /^```[\s\S]*?^```/gm,
        "",
      );
      const inline = [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
      expect(inline.filter((code) => PROGRAMS.test(code))).toEqual([]);
    });

  if (kind === "long")
    it.each(LANGUAGES)("says below each command what it prints (%s)", (language) => {
      const silent = readRunbook(language, name).steps.filter(
        ({ commands, expected }) => expected === null && !commands.startsWith("kill "),
      );
      expect(silent).toEqual([]);
    });
});

it("points to the law, and names the numbers it asks for, wherever data may have been seen", () => {
  for (const name of ["IdAnomaly", "IdAnomalyInDatabase", "ProbeSawForeignData"]) {
    for (const [language, words] of [
      ["en", /number of people.*records.*categories/s],
      ["ja", /本人の数.*記録の数/s],
    ] as const) {
      const { links } = readRunbook(language, name);
      expect(links.filter((link) => link.startsWith("https://")).map((link) => new URL(link).host)).toEqual([
        "laws.e-gov.go.jp",
        "www.ppc.go.jp",
        "eur-lex.europa.eu",
      ]);
      expect(readFileSync(join(RUNBOOKS, language, `${name}.md`), "utf8")).toMatch(words);
    }
  }
});

describe.each(LANGUAGES)("a number of the rules (%s)", (language) => {
  it.each(NUMBERS)("is said by $alert as it is: $words.en", ({ alert, words }) => {
    expect(readFileSync(join(RUNBOOKS, language, `${alert}.md`), "utf8")).toContain(words[language]);
  });
});

it("reads steps, expectations and whose shell it is", () => {
  const text = "# A\n\n**S.**\n\n## One\n```sh\na\nb\n# → x…y\nc\n```\n```sh colleague\nd\n# → z\n```\n";
  expect(parseRunbook(text)).toEqual({
    title: "A",
    summary: "S.",
    headings: ["One"],
    links: [],
    steps: [
      { heading: "One", commands: "a\nb", expected: "x…y", isColleagues: false },
      { heading: "One", commands: "c", expected: null, isColleagues: false },
      { heading: "One", commands: "d", expected: "z", isColleagues: true },
    ],
  });
  expect([isExpected("x…y", "a x.\n y"), isExpected("x…y", "y x"), isExpected("…", " \n")]).toEqual([
    true,
    false,
    false,
  ]);
});

/** `blast-radius` is asked in the reader's own language. */
function inAnyLanguage(commands: string): string {
  return commands.replace(/--lang \w+/, "--lang").replace(/'(complete|記録の完全さ)'/, "");
}

function inBoth(words: string): Record<Language, string> {
  return { en: words, ja: words };
}
