import { randomUUID } from "node:crypto";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { startReferenceService } from "../src/reference/start-service.ts";

/** `node loadtests/bin/screenshot-pages.ts OUT.png`: the signup's pages on four telephones, as the documentation shows them. */
const [out] = process.argv.slice(2);
if (out === undefined) {
  process.stderr.write("Usage: node loadtests/bin/screenshot-pages.ts OUT.png\n");
  process.exit(2);
}

// A door so narrow that a small crowd has to wait.
Object.assign(process.env, { WORKING_MAX: "2", QUEUE_MAX: "0" });
const CROWD = 400;
const SCREEN = { width: 360, height: 640 };
const TYPED = {
  kanjiName: "山田 花子",
  kana: "ヤマダ ハナコ",
  name: "Hanako Yamada",
  birthDate: "1980-02-29",
  email: "hanako@mail.example",
  postalCode: "100-0001",
  address: "東京都千代田区千代田 1-1",
  phone: "090-1234-5678",
};

const service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: undefined });
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const shots = [
    await shoot(browser, { locale: "ja-JP" }, (page) => page.goto(`${service.url}/join`)),
    await shoot(browser, { locale: "en-GB" }, (page) => signUp(page, "ninety", ".note.bad")),
    await shoot(browser, { locale: "en-GB", colorScheme: "dark" }, (page) =>
      signUp(page, "090-1234-5678", ".card"),
    ),
  ];
  const crowd = Array.from({ length: CROWD }, sendOne);
  await Promise.all(crowd.slice(0, CROWD / 2));
  shots.unshift(await shoot(browser, { locale: "ja-JP" }, (page) => page.goto(`${service.url}/join`)));
  await Promise.all(crowd);
  await montage(browser, shots, out);
} finally {
  await browser.close();
  await service.stop();
}

async function shoot(
  browser: Browser,
  options: BrowserContextOptions,
  go: (page: Page) => Promise<unknown>,
): Promise<Buffer> {
  const context = await browser.newContext({
    ...options,
    viewport: SCREEN,
    deviceScaleFactor: 2,
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  await go(page);
  const shot = await page.screenshot();
  await context.close();
  return shot;
}

async function signUp(page: Page, phone: string, until: string): Promise<void> {
  await page.goto(`${service.url}/join`);
  for (const [id, value] of Object.entries({ ...TYPED, phone })) await page.fill(`#${id}`, value);
  await page.check("input[value=female]");
  for (const field of [1, 2, 3, 4, 5]) await page.selectOption(`#survey${field}`, { index: 1 });
  await page.getByRole("button").click();
  await page.locator(until).waitFor();
}

async function sendOne(_: unknown, at: number): Promise<void> {
  const { email: _email, ...typed } = TYPED;
  const body = {
    ...typed,
    email: `p${at}@mail.example`,
    sex: "other",
    message: "",
    survey: Array(5).fill("1"),
  };
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  await fetch(`${service.url}/signups`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function montage(browser: Browser, shots: readonly Buffer[], path: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_560, height: 700 } });
  const pictures = shots
    .map((shot) => `<img src="data:image/png;base64,${shot.toString("base64")}">`)
    .join("");
  await page.setContent(
    `<style>body{margin:0;padding:30px;display:flex;gap:20px;background:#c9d2da}img{width:360px;border-radius:18px}</style>${pictures}`,
  );
  await page.screenshot({ path });
}
