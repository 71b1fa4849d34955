import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

/** `node loadtests/bin/screenshot.ts RUN_DIR OUT.png`: the top of a run's report as the README shows it. */
const [runDir, out] = process.argv.slice(2);
if (runDir === undefined || out === undefined) {
  process.stderr.write("Usage: node loadtests/bin/screenshot.ts RUN_DIR OUT.png\n");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  // Two device pixels each: a README is read on screens that have them.
  const page = await browser.newPage({
    viewport: { width: 1180, height: 940 },
    deviceScaleFactor: 2,
    colorScheme: "light",
    locale: "en-GB",
  });
  await page.goto(pathToFileURL(resolve(runDir, "report.html")).href);
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
