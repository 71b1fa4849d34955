import { hash, randomInt } from "node:crypto";
import type { Asked } from "./exchange.ts";
import type { Replacement } from "./hold-answers.ts";

/** What leaves in the place of an answer that was kept back: a constant, JSON for programs and a page for people. */
export function withheld(asked: Asked): Replacement {
  const isForPerson = asked.headers("accept").some((accept) => accept.includes("text/html"));
  return {
    status: 503,
    headers: {
      ...(isForPerson ? PAGE_HEADERS : { "Content-Type": "application/json; charset=utf-8" }),
      "Cache-Control": "no-store, private",
      "Retry-After": String(randomInt(RETRY_AFTER_SECONDS.min, RETRY_AFTER_SECONDS.max + 1)),
    },
    text: isForPerson ? PAGE : JSON_TEXT,
  };
}

/** Whole seconds, a new draw for each: a crowd told one number comes back as one crowd. */
const RETRY_AFTER_SECONDS = { min: 5, max: 60 } as const;
const JSON_TEXT = JSON.stringify({
  code: "withheld",
  detail:
    "This answer was kept back for your safety. What became of the request is not known; please come back.",
});

const STYLE =
  ":root{color-scheme:light dark}body{font:1rem/1.65 system-ui,sans-serif;max-width:36rem;margin:0 auto;padding:2rem 1.25rem}h1,h2{font-size:1.4rem;line-height:1.35}";
/** In both languages at once: which of them the reader wants is a question for the code that is not trusted here. */
const PAGE = `<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>お見せできませんでした / Kept back</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body data-page="notice" data-code="withheld">
<main>
<h1>安全のため、この画面はお見せできませんでした</h1>
<p>手続きが済んだかどうかは、まだ分かりません。しばらくしてからもう一度お試しください。</p>
<p><a href="/">最初のページへ</a></p>
<section lang="en">
<h2>We kept this page back for your safety</h2>
<p>What became of your request is not known yet. Please try again a little later.</p>
<p><a href="/">To the first page</a></p>
</section>
</main>
</body>
</html>
`;
const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash("sha256", STYLE, "base64")}'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
} as const;
