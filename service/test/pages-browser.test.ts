import { accessSync, constants } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import type { Service } from "../src/service.ts";
import { newTyped } from "./page-visitor.ts";
import { createStage, metricsOf, newPerson, signUp } from "./stage.ts";

/** A skipped test must not look green where all tools are demanded: there its absence fails the launch. */
const CHROMIUM = process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium";
const isHere = isExecutable(CHROMIUM) || process.env["CROWDPROOF_REQUIRE_ALL_TOOLS"] === "1";
if (!isHere) process.stderr.write(`not run: pages in a browser (${CHROMIUM} is missing)\n`);

const stage = createStage();
const PATIENCE = { timeout: 20_000 };
/** A browser, a database and a crowd on two cores that everybody shares. */
const LONG_MS = 90_000;
const PHONE = { viewport: { width: 390, height: 844 } };

describe.skipIf(!isHere)("in Chromium,", () => {
  let browser: Browser;
  let pages: Page[] = [];
  /** Whatever the browser complained of: a policy that was broken, something that could not be fetched. */
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    expect(complaints).toEqual([]);
    complaints = [];
  });
  afterAll(() => browser.close());

  /** Every request that leaves it goes to the service; anything else fails the test. */
  async function newPage(service: Service, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext({ ...PHONE, ...options })).newPage();
    pages.push(page);
    page.on("console", (message) => {
      // Chromium says so of every 503 and 422, which is what a page that says no should be.
      if (!message.text().includes("the server responded with a status of")) complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(service.url) && !request.url().startsWith("data:"))
        complaints.push(request.url());
    });
    return page;
  }

  const kindOf = (page: Page) => page.locator("body").getAttribute("data-page");

  test(
    "without JavaScript, at overload: arrival, the wait, the form by itself, the member card",
    async () => {
      const proxy = await createTcpProxy(stage.url);
      const service = await stage.start({
        env: { WORKING_MAX: "4", QUEUE_MAX: "0" },
        databaseUrl: proxy.url,
      });
      proxy.slow({ answerDelayMs: 150 });
      const crowd = keepCrowding(service);
      await expect.poll(() => waiting(service), PATIENCE).toBeGreaterThan(20);

      const page = await newPage(service, { javaScriptEnabled: false, locale: "ja-JP" });
      const arrived = await page.goto(`${service.url}/`);
      expect(await kindOf(page)).toBe("wait");
      expect(arrived?.status()).toBe(503);
      expect(await page.context().cookies()).toEqual([]);
      const told = await page.locator("time").textContent();
      // Whoever cannot bear it and loads the page again stays where they were.
      await page.reload();
      expect(await page.locator("time").textContent()).toBe(told);

      await page.locator("form").waitFor({ timeout: LONG_MS });
      expect(await kindOf(page)).toBe("form");
      expect(await page.context().cookies()).toEqual([]);
      await fillIn(page, newTyped({ kanjiName: "待田 長子", message: "やっと順番が来ました" }));
      await page.getByRole("button").click();
      await page.locator(".card").waitFor({ timeout: LONG_MS });
      expect(await page.locator(".card").textContent()).toContain("待田 長子");
      expect(page.url()).toBe(`${service.url}/member`);
      await crowd.stop();
      expect(await metricsOf(service)).toMatch(/crowdproof_guard_unrecognised_total 0/);
      await service.close();
      await proxy.close();
    },
    LONG_MS,
  );

  test(
    "by keyboard alone: every field in its order, a mistake found and mended, the card",
    async () => {
      const service = await stage.start();
      const page = await newPage(service, { locale: "en-GB" });
      await page.goto(`${service.url}/join`);
      const typed = newTyped({ phone: "ninety" });
      const visited: string[] = [];
      for (let tabs = 0; tabs < 40; tabs++) {
        await page.keyboard.press("Tab");
        const { name, tag, type } = await page.evaluate<Focused>(FOCUSED);
        const field = tag === "BUTTON" ? "send" : name || tag;
        // A date has parts of its own to tab through.
        if (field === visited.at(-1)) continue;
        visited.push(field);
        if (tag === "BUTTON") break;
        if (name === "sex") await page.keyboard.press("Space");
        else if (tag === "SELECT") await page.keyboard.press("ArrowDown");
        else if (type === "date") await page.keyboard.type("02291980");
        else if (tag !== "A") await page.keyboard.type(typed[name ?? ""] ?? "");
      }
      expect(visited).toEqual([
        "A",
        ...["kanjiName", "kana", "name", "sex", "birthDate"],
        ...["email", "postalCode", "address", "phone"],
        ...["survey1", "survey2", "survey3", "survey4", "survey5", "message", "send"],
      ]);
      await page.keyboard.press("Enter");
      // The browser begins to read at the summary, whose link leads to the field.
      await expect.poll(() => page.evaluate(FOCUSED_TEXT)).toContain("Please check these fields");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.locator("#phone").focus();
      await page.keyboard.press("Control+A");
      await page.keyboard.type("090-1234-5678");
      await page.keyboard.press("Enter");
      await page.locator(".card").waitFor();
      expect(await page.locator("dd[data-field=email]").textContent()).toBe(typed["email"]);
      expect(await page.locator("dd[data-field=birthDate]").textContent()).toBe("1980-02-29");
    },
    LONG_MS,
  );

  test(
    "a double click makes one member, and going back offers no second one",
    async () => {
      const service = await stage.start();
      const page = await newPage(service, { javaScriptEnabled: false });
      await page.goto(`${service.url}/join`);
      const typed = newTyped();
      await fillIn(page, typed);
      await page.getByRole("button").dblclick();
      await page.locator(".card").waitFor();
      expect(await stage.sql("select email from members")).toEqual([{ email: typed["email"] }]);
      await page.getByRole("button").click();
      await page.waitForURL(`${service.url}/join`);
      await page.goto(`${service.url}/member`);
      expect(await page.locator("body").getAttribute("data-code")).toBe("no-session");
    },
    LONG_MS,
  );

  test(
    "no page breaks a rule of accessibility, in either language, light or dark; nothing is wider than a telephone",
    async () => {
      const service = await stage.start({ env: { WORKING_MAX: "2", QUEUE_MAX: "0" } });
      const readers: Page[] = [];
      for (const locale of ["ja-JP", "en-GB"])
        readers.push(await newPage(service, { locale, viewport: { width: 320, height: 640 } }));
      /** Each reader goes there, and looks by day and by night. */
      const look = async (name: string, go: (page: Page) => Promise<unknown>) => {
        for (const [at, page] of readers.entries()) {
          await go(page);
          await page.evaluate(axe.source);
          for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme });
            const { violations } = await page.evaluate<AxeResults>("axe.run()");
            const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
            expect(found, `${name}, reader ${at}, ${colorScheme}`).toEqual([]);
          }
          const width = await page.evaluate("document.documentElement.scrollWidth");
          expect(width, `${name}, reader ${at}`).toBeLessThanOrEqual(320);
        }
      };
      await look("form", (page) => page.goto(`${service.url}/join`));
      await look("form again", async (page) => {
        await fillIn(page, newTyped({ phone: "ninety" }));
        await page.getByRole("button").click();
        await page.locator(".note.bad").waitFor();
      });
      await look("member", async (page) => {
        await page.fill("#phone", "090");
        await page.getByRole("button").click();
        await page.locator(".card").waitFor();
      });
      await look("not signed in", async (page) => {
        await page.context().clearCookies();
        await page.goto(`${service.url}/member`);
      });
      const place = await placeInLine(service);
      await look("wait", async (page) => {
        await page.goto(place);
        expect(await kindOf(page)).toBe("wait");
      });
      await stage.sql("update campaign_state set phase = 'halted', version = version + 1");
      await expect.poll(() => statusOf(service, "/join?ticket=x"), PATIENCE).toBe(503);
      await look("halted", async (page) => {
        await page.goto(`${service.url}/join`);
        expect(await page.locator("body").getAttribute("data-code")).toBe("halted");
      });
    },
    LONG_MS * 2,
  );

  /** A place that will not come up while it is looked at. */
  async function placeInLine(service: Service): Promise<string> {
    await stage.sql("begin");
    await stage.sql("lock table members in exclusive mode");
    const crowd = Array.from({ length: 100 }, () => signUp(service, newPerson()));
    await expect.poll(() => waiting(service), PATIENCE).toBeGreaterThan(90);
    const { headers } = await fetch(`${service.url}/join`, { redirect: "manual" });
    await stage.sql("commit");
    await Promise.all(crowd);
    return `${service.url}${headers.get("location")}`;
  }
});

const statusOf = async (service: Service, path: string) =>
  (await fetch(`${service.url}${path}`, { redirect: "manual" })).status;

async function waiting(service: Service): Promise<number> {
  return Number(/signups_total\{outcome="waiting"\} (\d+)/.exec(await metricsOf(service))?.[1]);
}

/** People with programs: 40 at the start and 20 a second, each coming back at the time told until they are members. */
function keepCrowding(service: Service) {
  let isOver = false;
  const people: Promise<void>[] = [];
  async function person(): Promise<void> {
    const body = newPerson();
    const key = crypto.randomUUID();
    let ticket: string | undefined;
    while (!isOver) {
      const reply = await signUp(service, body, key, ticket);
      if (reply.status === 201) return;
      ticket = typeof reply.body["ticket"] === "string" ? reply.body["ticket"] : ticket;
      await sleep(Math.min(1_000 * Number(reply.body["comeBackInSeconds"] ?? 1), 5_000));
    }
  }
  const arrive = (count: number) => {
    for (let arrived = 0; arrived < count; arrived++) people.push(person());
  };
  arrive(40);
  const arriving = setInterval(() => arrive(4), 200);
  return {
    async stop() {
      isOver = true;
      clearInterval(arriving);
      await Promise.all(people);
    },
  };
}

async function fillIn(page: Page, typed: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(typed)) {
    if (name === "sex") await page.check(`input[name=sex][value=${value}]`);
    else if (name.startsWith("survey")) await page.selectOption(`#${name}`, value);
    else await page.fill(`#${name}`, value);
  }
}

const FOCUSED_TEXT = "document.activeElement.textContent";
/** `name` is undefined where the element has none. */
interface Focused {
  readonly name: string | undefined;
  readonly tag: string;
  readonly type: string | undefined;
}
const FOCUSED = "(({ name, tagName, type }) => ({ name, tag: tagName, type }))(document.activeElement)";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
