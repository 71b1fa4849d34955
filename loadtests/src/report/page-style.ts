/**
 * One accent, two themes, three outcomes. Text colours have at least 4.5:1 on their ground, lines and areas 3:1
 * (checked by axe and by eye). Class colours follow Okabe and Ito (2008): told apart with any colour vision.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light;
  --ground: #fcfcfa; --raised: #ffffff; --sunken: #f3f3ef;
  --ink: #16181d; --muted: #5a5f6b; --hairline: #e4e4de; --axis: #8b8f98;
  --accent: #2348a8;
  --pass: #0b6b4f; --pass-ground: #e6f4ee;
  --fail: #b3201f; --fail-ground: #fdebe8;
  --unknown: #7a5200; --unknown-ground: #fdf2d8;
  --not-judged: #5a5f6b; --not-judged-ground: #eeeeea;
  --planned: #5a5f6b; --sent: #2348a8; --p50: #2348a8; --p99: #c2550a; --overlap: #0b7a5c;
  --class-acknowledged: #009e73; --class-served: #0072b2; --class-waiting: #56b4e9; --class-refused: #e69f00;
  --class-rejected: #cc79a7; --class-halted: #6b4ba1; --class-absent: #a8b0ba; --class-denied: #6f7782;
  --class-indeterminate: #b59b00; --class-failed: #d55e00;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --ground: #121418; --raised: #1a1d23; --sunken: #20242b;
    --ink: #eceef2; --muted: #a4abb8; --hairline: #2e333c; --axis: #737b89;
    --accent: #8fb0ff;
    --pass: #5fd3a6; --pass-ground: #10291f;
    --fail: #ff8f83; --fail-ground: #361816;
    --unknown: #f0c35a; --unknown-ground: #2f2610;
    --not-judged: #a4abb8; --not-judged-ground: #23272f;
    --planned: #a4abb8; --sent: #8fb0ff; --p50: #8fb0ff; --p99: #f79a52; --overlap: #4fcaa0;
    --class-acknowledged: #1fbf8f; --class-served: #3d9bdc; --class-waiting: #8fd0f5; --class-refused: #f0b429;
    --class-rejected: #dc94bb; --class-halted: #a58be0; --class-absent: #8b94a0; --class-denied: #666f7c;
    --class-indeterminate: #d7c43a; --class-failed: #ee7a2e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
[lang="ja"] {
  font-family: system-ui, -apple-system, "Hiragino Sans", "Yu Gothic UI", "Noto Sans JP", "Noto Sans CJK JP", Meiryo, sans-serif;
  line-height: 1.75; line-break: strict; word-break: auto-phrase; overflow-wrap: anywhere;
}
:root:has(#language-en:checked) .in-ja, :root:has(#language-ja:checked) .in-en { display: none; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; z-index: 2; background: var(--raised); padding: .5rem 1rem; border-radius: 6px; }
.bar, .band > div, main > [lang] { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }

.bar { display: flex; align-items: center; justify-content: space-between; gap: 1rem; min-height: 3.25rem; }
.mark { font-weight: 650; letter-spacing: -.01em; display: flex; gap: .55rem; align-items: center; }
.mark svg { width: 1.15rem; height: 1.15rem; fill: var(--accent); }
fieldset { border: 0; margin: 0; padding: 0; display: flex; background: var(--sunken); border-radius: 8px; }
fieldset label { position: relative; padding: .2rem .8rem; font-size: .875rem; color: var(--muted); border-radius: 8px; cursor: pointer; line-height: 1.6; }
fieldset label:has(:checked) { color: var(--ink); background: var(--raised); box-shadow: 0 0 0 1px var(--axis); font-weight: 600; }
fieldset label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
fieldset input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.band { border-block: 1px solid var(--hairline); background: var(--band); }
.band > div { padding-block: 1.9rem 1.7rem; }
.about { margin: 0; color: var(--muted); font-size: .9375rem; }
.about b { color: var(--ink); font-weight: 600; }
h1 { margin: .35rem 0 .5rem; display: flex; align-items: center; gap: .9rem; font-size: clamp(2.5rem, 6.5vw, 3.75rem); line-height: 1.1; letter-spacing: -.028em; font-weight: 720; color: var(--tone); }
[lang="ja"] h1 { letter-spacing: .02em; }
h1 svg { width: .86em; height: .86em; flex: none; }
.headline { font-size: clamp(1.06rem, 2.2vw, 1.25rem); line-height: 1.5; margin: 0; max-width: 54rem; overflow-wrap: anywhere; }
.waived { margin: .5rem 0 0; color: var(--muted); overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem 2rem; margin: 1.6rem 0 0; }
.figures > div { display: flex; flex-direction: column-reverse; justify-content: flex-end; border-top: 1px solid var(--axis); padding-top: .5rem; }
.figures dd { margin: 0; font-size: 1.625rem; font-weight: 620; letter-spacing: -.015em; line-height: 1.25; }
.figures dt { color: var(--muted); font-size: .875rem; line-height: 1.4; }
.is-pass { --tone: var(--pass); --band: var(--pass-ground); }
.is-fail { --tone: var(--fail); --band: var(--fail-ground); }
.is-unknown { --tone: var(--unknown); --band: var(--unknown-ground); }
.is-not-judged { --tone: var(--not-judged); --band: var(--not-judged-ground); }

section { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 0 2.5rem; padding: 2.25rem 0; border-top: 1px solid var(--hairline); }
section:first-of-type { border-top: 0; }
h2 { margin: 0; font-size: 1.125rem; line-height: 1.45; font-weight: 650; letter-spacing: -.01em; }
[lang="ja"] h2, [lang="ja"] h3 { letter-spacing: 0; }
h3 { margin: 0; font-size: 1rem; line-height: 1.45; font-weight: 650; }
section p { margin: 0 0 .75rem; max-width: 46rem; overflow-wrap: anywhere; }
section p:last-child { margin-bottom: 0; }
.lead { font-size: 1.0625rem; }
.quiet { color: var(--muted); font-size: .9375rem; }
ol, ul { margin: .25rem 0 1rem; padding-left: 1.35rem; max-width: 46rem; overflow-wrap: anywhere; }
li { margin-bottom: .35rem; }
.chip { display: inline-flex; align-items: center; gap: .4em; padding: .08rem .6rem .08rem .45rem; border-radius: 99px; background: var(--band); color: var(--tone); font-size: .8125rem; font-weight: 640; line-height: 1.6; white-space: nowrap; }
.chip svg { width: .95em; height: .95em; flex: none; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; line-height: 1.5; }
th, td { text-align: left; vertical-align: top; padding: .5rem 1.25rem .5rem 0; border-bottom: 1px solid var(--hairline); overflow-wrap: anywhere; min-width: 6.5em; }
th.count, td.count { min-width: 0; }
th { font-weight: 600; }
thead th { color: var(--muted); font-size: .8125rem; font-weight: 600; white-space: nowrap; border-bottom-color: var(--axis); }
th.count, td.count { text-align: right; white-space: nowrap; }
td.nowrap, th.nowrap { white-space: nowrap; }
td code { font-size: .875em; }
td .quiet { font-size: inherit; white-space: nowrap; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .875rem; }
pre { margin: .4rem 0 1.25rem; padding: .8rem 1rem; background: var(--sunken); border-radius: 8px; overflow-x: auto; line-height: 1.6; }
details > summary { cursor: pointer; color: var(--accent); font-size: .875rem; padding: .15rem 0; width: fit-content; }
details table { font-size: .8125rem; margin: .25rem 0 .5rem; }
details thead th { font-size: .75rem; }

figure { margin: 0 0 2.25rem; }
figure:last-child { margin-bottom: 0; }
figcaption p { margin: .1rem 0 .35rem; }
svg.chart { display: block; width: 100%; height: auto; margin: .35rem 0 .1rem; overflow: visible; }
svg.narrow { display: none; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; padding: 0; margin: .1rem 0 0; font-size: .8125rem; color: var(--muted); max-width: none; }
.legend li { margin: 0; display: flex; align-items: center; gap: .45rem; }
.swatch { width: 1rem; height: .65rem; border-radius: 2px; background: var(--swatch); flex: none; }
.swatch.line { height: 0; background: none; border-top: 2px solid var(--swatch); border-radius: 0; }
.swatch.dashed { height: 0; background: none; border-top: 2px dashed var(--swatch); border-radius: 0; }
.swatch.moment { width: 0; height: .85rem; background: none; border-left: 2px solid var(--swatch); border-radius: 0; }
.swatch.shade { opacity: .3; }

.checks { margin: 0 0 1.9rem; }
.checks:last-child { margin-bottom: 0; }
.checks h3 { padding-bottom: .4rem; border-bottom: 1px solid var(--axis); }
.check { display: grid; grid-template-columns: 8rem minmax(0, 1fr) auto; gap: .1rem 1rem; padding: .7rem 0; border-bottom: 1px solid var(--hairline); }
.check h4 { margin: 0; font-size: .9375rem; font-weight: 600; line-height: 1.6; }
.check h4 code { display: inline-block; white-space: nowrap; font-weight: 400; color: var(--muted); margin-left: .35rem; font-size: .8125rem; }
.check .observed { text-align: right; color: var(--muted); font-size: .875rem; white-space: nowrap; }
.check .observed b { color: var(--ink); font-weight: 600; }
.check .finding { grid-column: 2 / -1; font-size: .9375rem; min-width: 0; }
.check .finding p { margin: 0; color: var(--muted); }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .35rem 1.75rem; margin: 0; font-size: .9375rem; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
footer { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1.5rem 3rem; color: var(--muted); font-size: .875rem; }

@media (max-width: 52rem) {
  section { grid-template-columns: minmax(0, 1fr); gap: .75rem; padding: 1.75rem 0; }
}
@media (max-width: 36rem) {
  .bar, .band > div, main > [lang], footer { padding-inline: 1rem; }
  .check { grid-template-columns: minmax(0, 1fr) auto; }
  .check h4, .check .finding { grid-column: 1 / -1; }
  .check h4 { order: -1; }
  .check h4 code { display: block; margin: 0; }
  .figures { grid-template-columns: 1fr 1fr; gap: 1rem 1.25rem; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: .6rem; }
  svg.wide { display: none; }
  svg.narrow { display: block; }
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacked tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--hairline); }
  .stacked td { display: flex; justify-content: space-between; gap: 1.5rem; border: 0; padding: .12rem 0; text-align: right; white-space: normal; }
  .stacked td::before { content: attr(data-label); color: var(--muted); text-align: left; flex: none; }
}
@media print {
  @page { size: A4; margin: 14mm 13mm; }
  body { font-size: 10pt; background: none; }
  .bar fieldset, .skip, .chart-table { display: none; }
  .bar, .band > div, main > [lang], footer { max-width: none; padding-inline: 0; }
  .band { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .band > div { padding: 1rem; }
  section { grid-template-columns: minmax(0, 1fr); gap: .5rem; padding: 1rem 0; }
  table { font-size: 8.5pt; } details table { font-size: 7.5pt; }
  th, td { padding-right: .75rem; }
  h1, h2, h3, .check, tr, figure, .facts { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  figure, .chip, .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  svg.wide { display: block; } svg.narrow { display: none; }
  .figures { grid-template-columns: repeat(5, 1fr); gap: .75rem; }
  .figures dd { font-size: 14pt; } .figures dt { font-size: 8pt; }
  .scroll { overflow: visible; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  details.evidence::details-content { content-visibility: visible; height: auto; display: block; }
  details.evidence > summary { color: var(--muted); list-style: none; }
}
`;

/** Chooses the reader's language, and keeps the document's language and title with the switch. Not needed to read. */
export const PAGE_SCRIPT = `
const radios = [...document.querySelectorAll('input[name="language"]')];
const follow = () => {
  const chosen = radios.find((radio) => radio.checked);
  document.documentElement.lang = chosen.value;
  document.title = chosen.dataset.title;
};
const wanted = radios.find((radio) => navigator.language.toLowerCase().startsWith(radio.value));
if (wanted) wanted.checked = true;
for (const radio of radios) radio.addEventListener("change", follow);
follow();
`;
