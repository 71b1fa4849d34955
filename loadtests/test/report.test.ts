import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { load } from "cheerio";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OBJECTIVES } from "../src/checks/check-names.ts";
import { ALERT_CHECKS, CHECKS } from "../src/checks/check-table.ts";
import { counted } from "../src/counted.ts";
import { commandsOf } from "../src/report/commands.ts";
import { inJapanese } from "../src/report/findings.ts";
import { LANGUAGES, NAMES, TEXTS } from "../src/report/texts.ts";
import { writeReport } from "../src/report/write-report.ts";
import type { Outcome } from "../src/verdict/verdict.ts";
import { describeWith } from "./needs.ts";
import { exampleVerdicts, HOSTILE, writeExampleHistory } from "./report-runs.ts";

const OUTCOMES: Outcome[] = ["pass", "fail", "unknown"];
const PAGE_BYTES_MAX = 2_000_000;
let dir: string;
const file = (outcome: Outcome, name: string) => join(dir, outcome, name);
const read = (outcome: Outcome, name: string) => readFile(file(outcome, name), "utf8");

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-report-"));
  const verdicts = exampleVerdicts();
  for (const outcome of OUTCOMES) {
    await writeExampleHistory(join(dir, outcome));
    await writeReport(join(dir, outcome), verdicts[outcome]);
  }
}, 30_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

describe("the report's texts", () => {
  const placeholders = (text: string) =>
    [...text.matchAll(/\{(\w+)(?:\|[^}]*)?\}/g)].map((match) => match[1]).sort();

  it("say everything in both languages", () => {
    const texts = [
      ...Object.entries(TEXTS),
      ...Object.values(NAMES).flatMap((names) => Object.entries(names)),
    ];
    for (const [key, text] of texts) {
      expect(Object.keys(text), key).toEqual([...LANGUAGES]);
      for (const language of LANGUAGES) expect(text[language], `${key} ${language}`).not.toBe("");
    }
  });

  it("put the same values into both languages", () => {
    for (const [key, { en, ja }] of Object.entries(TEXTS)) {
      expect(new Set(placeholders(ja)), key).toEqual(new Set(placeholders(en)));
    }
  });
});

describe("the checks' findings", () => {
  const all = (value: number) => new Proxy<Record<string, number>>({}, { get: () => value });
  const withoutOrigin = { originOverlapPercent: null } as unknown as Record<string, number>;
  const sentences = [...CHECKS, ...ALERT_CHECKS].flatMap((rule) => [
    ...[all(1), all(3), {}, withoutOrigin].map((numbers) => rule.observed(numbers)),
    ...[1, 3].flatMap((number) => [
      counted(number, rule.violations),
      `${counted(number, rule.unknowns)} (what was wrong, and where)`,
    ]),
    ...(rule.unexercised === undefined ? [] : [`not exercised: ${rule.unexercised}`]),
  ]);
  const objectives = [
    "87.5 % of 1,204 due people were members within 5 s (at least 85 %)",
    "told to wait 2.5 s at the median, let in after never",
    "p50 42 ms (at most 250 ms), p95 never (at most 2 s)",
    "3 of 1,204 requests were lost or failed, 0.2 % (at most 1 %)",
    "all 3 deliberate wrong answers of this run came out red",
    "nothing after the warm-up to judge",
  ];

  it("are said in Japanese, each part of each check", () => {
    const parts = [...sentences, ...objectives].flatMap((sentence) => sentence.split("; "));
    expect(parts.length).toBeGreaterThan(60);
    expect(parts.filter((part) => inJapanese(part) === null)).toEqual([]);
  });

  it("keep their numbers in Japanese", () => {
    const digits = (text: string) => (text.match(/\d[\d,.]*\d|\d/g) ?? []).sort();
    for (const part of [...sentences, ...objectives].flatMap((sentence) => sentence.split("; "))) {
      expect(digits(inJapanese(part) ?? ""), part).toEqual(digits(part));
    }
  });

  it("have a title in both languages for each check", () => {
    const known = [...[...CHECKS, ...ALERT_CHECKS].map((rule) => rule.name), "control", ...OBJECTIVES];
    expect(Object.keys(NAMES.check).sort()).toEqual(known.sort());
  });
});

it.each(["pass", "fail", "unknown"] as const)(
  "percents of a %s have a space, everywhere",
  async (outcome) => {
    const page = load(await read(outcome, "report.html"));
    page("style, script").remove();
    for (const text of [page("body").text(), await read(outcome, "report.md")]) {
      expect(text).toMatch(/\d %/);
      expect(text).not.toMatch(/\d%/);
    }
  },
);

describe("the alerts of a run", () => {
  const figuresOf = async (outcome: Outcome, language: string) => {
    const page = load(await read(outcome, "report.html"));
    return page(`.in-${language} figure`).filter((_, each) =>
      /^(Alerts|警報)/.test(page(each).find("h3").text()),
    );
  };

  it("stand on its time axis and in a table, in both languages", async () => {
    for (const language of LANGUAGES) {
      const shown = await figuresOf("fail", language);
      expect(shown).toHaveLength(1);
      expect(shown.find("svg.chart")).toHaveLength(2);
      expect(shown.find("tbody tr")).toHaveLength(5);
      expect(shown.find("tbody").text()).toContain("SignupsSlowThisMonth");
    }
    expect(await read("fail", "report.md")).toMatch(
      /\| IdAnomaly kind="duplicate" \| page.* \| \+9\.100 s \|/,
    );
  });

  it("have no place where nobody demanded them", async () => {
    expect(await figuresOf("pass", "en")).toHaveLength(0);
    expect(await read("pass", "report.md")).not.toContain("**Alerts.**");
  });
});

describe("the commands to repeat a run", () => {
  const run = exampleVerdicts().pass.run;

  it("leave the target out where the gate started the reference service", () => {
    expect(commandsOf({ ...run, scale: 0.5 }, "runs/a b")).toEqual({
      again: "npx crowdproof gate default --engine embedded --seed 20201204 --scale 0.5",
      judge: "npx crowdproof judge 'runs/a b'",
      try: null,
    });
  });

  it("stand in the Markdown without a gap where one is left out", async () => {
    expect(await read("pass", "report.md")).toMatch(/\nnpx crowdproof judge \S+\n```\n/);
  });

  it("demand the same alerts again", () => {
    const of = (expectedAlerts: string[]) => commandsOf({ ...run, expectedAlerts }, ".").again;
    expect(of([])).toMatch(/ --alerts$/);
    expect(of(["IdAnomaly", "TargetDown"])).toMatch(/ --expect-alert IdAnomaly --expect-alert TargetDown$/);
  });

  it("name campaign and target as they were typed", () => {
    const typed = { ...run, campaignFile: "./link in a group.yaml", targetFile: "my-signup.yaml" };
    const { again, try: one } = commandsOf(typed, ".");
    expect(again).toContain("gate './link in a group.yaml' --target my-signup.yaml --engine");
    expect(one).toBe("npx crowdproof try my-signup.yaml");
  });

  it("make no command of a hostile name", () => {
    const { again } = commandsOf(
      { ...run, campaign: "$(reboot)'; reboot\n#", targetFile: "x y", fault: "-x" },
      ".",
    );
    expect(again).toBe(
      `npx crowdproof gate '$(reboot)'\\''; reboot #' --target 'x y' --engine embedded --seed 20201204 --fault '-x'`,
    );
  });
});

describe("the report's files", () => {
  it("stay below 2 MB, whatever the target sends", async () => {
    const verdict = exampleVerdicts().fail;
    const long = HOSTILE.repeat(4_000);
    const exposures = Array.from({ length: 1_000 }, () => ({
      ...verdict.exposures[0]!,
      step: long,
      place: long,
      fields: [long],
    }));
    const checks = verdict.checks.map((check) => ({
      ...check,
      summary: long,
      evidence: Array.from({ length: 50 }, (_, row) => ({ [`${row} ${long}`]: long })),
    }));
    const hostile = join(dir, "long");
    await writeReport(hostile, {
      ...verdict,
      exposures,
      checks,
      reasons: Array.from({ length: 100 }, () => long),
      strength: { ...verdict.strength, sentence: long },
      run: { ...verdict.run, target: long, campaign: long, machine: long },
    });
    expect((await stat(join(hostile, "report.html"))).size).toBeLessThan(PAGE_BYTES_MAX);
    for (const outcome of OUTCOMES) {
      expect((await stat(file(outcome, "report.html"))).size).toBeLessThan(PAGE_BYTES_MAX);
    }
  });

  it("are written for a folder without a readable history too, and say so", async () => {
    const empty = join(dir, "empty");
    await writeReport(empty, exampleVerdicts().unknown);
    expect(load(await readFile(join(empty, "report.html"), "utf8"))("#en-course + div").text()).toContain(
      "could not be drawn",
    );
  });

  it("put exposures before the verdict", async () => {
    const page = load(await read("fail", "report.html"));
    const order = page(".in-en section h2")
      .map((_, title) => page(title).attr("id"))
      .get();
    expect(order).toEqual([
      "en-exposures",
      "en-verdict",
      "en-course",
      "en-checks",
      "en-strength",
      "en-environment",
      "en-repeat",
    ]);
  });

  it("say how many answers were looked at where nothing was found", async () => {
    const page = load(await read("pass", "report.html"));
    expect(page("#en-exposures + div").text()).toContain("None found. 1,604 answers");
  });

  it("name what is not judged, and what the target file steps around, at the top and in the verdict's first line", async () => {
    const page = load(await read("fail", "report.html"));
    const english = "Not judged: telemetry-clean, captcha (bypassed).";
    const japanese = "判定対象外：telemetry-clean、captcha（迂回）。";
    for (const [language, words] of Object.entries({ en: english, ja: japanese })) {
      expect(page(`.in-${language} .waived`).text()).toBe(words);
      expect(page(`#${language}-verdict + div p`).first().text()).toContain(words);
    }
    expect(page("#ja-verdict + div ul").text()).toContain("captcha（迂回）");
    expect(await read("fail", "report.md")).toContain(english);
  });

  it("draw the run with a name, a description and a table for each chart", async () => {
    const page = load(await read("pass", "report.html"));
    const charts = page(".in-en svg.chart");
    // Four figures, each drawn for a desk and for a phone.
    expect(charts).toHaveLength(8);
    for (const chart of charts) {
      const labels = page(chart).attr("aria-labelledby")?.split(" ") ?? [];
      expect(labels.map((id) => page(`#${id}`).text().length > 0)).toEqual([true, true]);
    }
    expect(page(".in-en .chart-table table")).toHaveLength(4);
    expect(page(".in-en .chart-table tbody tr").length).toBeGreaterThan(80);
  });

  it("are Markdown in which no value is markup, a mention or a link", async () => {
    const markdown = await read("fail", "report.md");
    expect(markdown).not.toMatch(/<script|<img|@everybody/);
    expect(markdown).not.toContain("\u001b");
    expect(markdown.length).toBeLessThan(65_000);
    expect(markdown.split("\n")[0]).toBe("## ❌ Crowdproof: Fail");
  });
});

describe("junit.xml", () => {
  const parse = async (outcome: Outcome) => load(await read(outcome, "junit.xml"), { xml: true });

  it("has one testcase a check, and the same counts as its cases", async () => {
    for (const outcome of OUTCOMES) {
      const junit = await parse(outcome);
      const suite = junit("testsuite");
      expect(junit("testcase")).toHaveLength(exampleVerdicts()[outcome].checks.length);
      const counts = ["tests", "failures", "errors", "skipped"].map((name) => Number(suite.attr(name)));
      const found = ["testcase", "failure", "error", "skipped"].map((name) => junit(name).length);
      expect(counts, outcome).toEqual(found);
    }
  });

  it("makes fail a failure, unknown an error and never a skip, and not judged a skip with its reason", async () => {
    const shown = (junit: ReturnType<typeof load>, name: string) =>
      junit(`testcase[name="${name}"]`)
        .children()
        .map((_, child) => child.name)
        .get();
    expect(shown(await parse("fail"), "reads-own")).toEqual(["failure"]);
    expect(shown(await parse("unknown"), "acks-durable")).toEqual(["error"]);
    expect(shown(await parse("pass"), "reads-own")).toEqual(["system-out"]);
    const junit = await parse("fail");
    expect(junit('testcase[name="telemetry-clean"] > skipped').attr("message")).toBe(
      "not judged: the logs of this target are kept by another company",
    );
  });

  it("is not green where the verdict is unknown but no check says so", async () => {
    const bare = join(dir, "bare");
    await writeReport(bare, { ...exampleVerdicts().unknown, checks: [], reasons: ["no check ran"] });
    const junit = load(await readFile(join(bare, "junit.xml"), "utf8"), { xml: true });
    expect(junit("testsuites").attr("errors")).toBe("1");
    expect(junit('testcase[name="verdict"] > error').attr("message")).toBe("no check ran");
  });
});

describeWith("chromium", "report.html in Chromium", (executablePath) => {
  let browser: Browser;

  beforeAll(async () => {
    const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath, args });
  }, 30_000);
  afterAll(() => browser.close());

  async function withPage(
    outcome: Outcome,
    options: BrowserContextOptions,
    visit: (page: Page) => Promise<void>,
  ) {
    const context = await browser.newContext(options);
    try {
      const page = await context.newPage();
      await page.goto(pathToFileURL(file(outcome, "report.html")).href);
      await visit(page);
    } finally {
      await context.close();
    }
  }

  const openAll = (page: Page) =>
    page.$$eval("details", (all) => {
      for (const one of all) one.setAttribute("open", "");
    });

  async function violations(page: Page, rules?: string[]): Promise<string[]> {
    await openAll(page);
    // What is in an image is not read, and the rows of a chart's table are alike: all of them cost a minute.
    const axe = new AxeBuilder({ page })
      .exclude("svg.chart > :not(title, desc)")
      .exclude(".chart-table tbody tr:nth-child(n + 4)");
    const result = await (rules ? axe.withRules(rules) : axe).analyze();
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }

  for (const outcome of OUTCOMES) {
    for (const locale of ["en-GB", "ja-JP"]) {
      it(`has no axe violation, ${outcome}, ${locale}`, { timeout: 60_000 }, async () => {
        await withPage(outcome, { colorScheme: "light", locale }, async (page) => {
          expect(await violations(page), "light").toEqual([]);
          // Colour is all that a theme changes.
          await page.emulateMedia({ colorScheme: "dark" });
          expect(await violations(page, ["color-contrast", "link-in-text-block"]), "dark").toEqual([]);
        });
      });
    }
  }

  it("asks the network for nothing and runs nothing of what a target sent", async () => {
    await withPage("fail", { offline: true }, async (page) => {
      const requests: string[] = [];
      const dialogs: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      page.on("dialog", (dialog) => dialogs.push(dialog.message()));
      await page.reload();
      await page.waitForTimeout(200);
      expect(requests).toEqual([page.url()]);
      expect(dialogs).toEqual([]);
      expect(await page.title()).toBe("Fail · default · Crowdproof report");
      expect(await page.locator("main img, main script").count()).toBe(0);
    });
  });

  it("speaks the reader's language, changes it by keyboard, and says which it is", async () => {
    await withPage("pass", { locale: "ja-JP" }, async (page) => {
      expect(await page.locator("h1:visible").textContent()).toBe("合格");
      expect(await page.getAttribute("html", "lang")).toBe("ja");
      await page.getByRole("radio", { name: "日本語" }).focus();
      await page.keyboard.press("ArrowLeft");
      expect(await page.locator("h1:visible").textContent()).toBe("Pass");
      expect(await page.getAttribute("html", "lang")).toBe("en");
      expect(await page.title()).toBe("Pass · default · Crowdproof report");
    });
  });

  it("is English without a script, and the switch still works", async () => {
    await withPage("unknown", { locale: "ja-JP", javaScriptEnabled: false }, async (page) => {
      expect(await page.locator("h1:visible").textContent()).toBe("Unknown");
      await page.getByText("日本語").click();
      expect(await page.locator("h1:visible").textContent()).toBe("判定不能");
    });
  });

  it("is used by keyboard: first the way past the head, then evidence that opens", async () => {
    await withPage("fail", { locale: "en-GB" }, async (page) => {
      await page.keyboard.press("Tab");
      expect(await page.locator(":focus").textContent()).toBe("Skip to the findings");
      await page.keyboard.press("Enter");
      expect(await page.locator(":focus").getAttribute("id")).toBe("en-exposures");
      const evidence = page.locator(".in-en .check details").first();
      await evidence.locator("summary").focus();
      await page.keyboard.press("Enter");
      expect(await evidence.locator("table").isVisible()).toBe(true);
      const isFocusSeen = await page
        .locator(":focus")
        .evaluate((element) => `${element.matches(":focus-visible")}`);
      expect(isFocusSeen).toBe("true");
    });
  });

  it("fits a phone and a sheet of paper without scrolling sideways", async () => {
    const isTooWide = (page: Page) =>
      page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
    await withPage("fail", { viewport: { width: 380, height: 800 } }, async (page) => {
      expect(await isTooWide(page)).toBe(false);
      expect(await page.locator(".in-en svg.chart.narrow").first().isVisible()).toBe(true);
    });
    await withPage("fail", { viewport: { width: 700, height: 1000 }, colorScheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print" });
      expect(await isTooWide(page)).toBe(false);
      // Paper is white in a dark room too, and evidence is not folded on it.
      const ink = await page.evaluate("getComputedStyle(document.body).color");
      expect(ink).toBe("rgb(22, 24, 29)");
      expect(await page.locator(".in-en .check details table").first().isVisible()).toBe(true);
      expect((await page.pdf({ preferCSSPageSize: true })).subarray(0, 4).toString()).toBe("%PDF");
    });
  });
});
