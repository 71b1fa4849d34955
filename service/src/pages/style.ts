import { hash } from "node:crypto";

/**
 * One stylesheet, inside each page: a page is one answer, and a crowd asks once. `[data-page]` and the like are left
 * alone, they are for programs. Colours have a contrast of at least 4.5 : 1 in both schemes.
 */
const STYLE = `
:root{color-scheme:light dark;--page:#f6f7f9;--sheet:#fff;--text:#1b2733;--soft:#51606f;--line:#d3dae1;--edge:#78879a;--accent:#12526f;--on:#fff;--bad:#a3211b;--bad-sheet:#fdf1f0;--note-sheet:#eaf3f7}
@media (prefers-color-scheme:dark){:root{--page:#10161c;--sheet:#182129;--text:#e8edf2;--soft:#a4b1be;--line:#33414e;--edge:#7c8b9a;--accent:#8ccbe6;--on:#0b1a22;--bad:#ffaba4;--bad-sheet:#2f1b1b;--note-sheet:#16303b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.65 system-ui,"Hiragino Sans","Noto Sans JP","Yu Gothic UI",sans-serif;line-break:strict;overflow-wrap:anywhere}
header,main{max-width:36rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;padding-block:1rem;color:var(--soft)}
main{padding-block:.5rem 3rem}
h1{font-size:1.6rem;line-height:1.35;margin:.5rem 0 1rem}
:lang(en) h1{text-wrap:balance}
:lang(ja) h1{font-size:1.45rem;word-break:auto-phrase}
h2,legend{font-size:1.1rem;font-weight:600;margin:0 0 .75rem;padding:0}
p{margin:0 0 1rem}
a{color:var(--accent);text-underline-offset:.2em}
header a,.aside a{display:inline-block;padding:.35rem 0}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.sheet,.note{background:var(--sheet);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin:0 0 1.25rem}
.note{background:var(--note-sheet);border-color:var(--accent)}
.note.bad{background:var(--bad-sheet);border-color:var(--bad)}
.note>:last-child,.sheet>:last-child{margin-bottom:0}
.note h2{margin-bottom:.4rem}
.soft,.hint{color:var(--soft)}
.soft{font-size:.95rem}
.hint{font-size:.9rem;margin:0 0 .3rem}
.time{font-size:2.6rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums;margin:0 0 .25rem}
.told{display:grid;gap:1rem}
.told dt{color:var(--soft);font-size:.95rem}
.told dd{margin:0;font-size:1.15rem}
form{margin:0}
fieldset{border:0;border-top:1px solid var(--line);margin:0 0 1.5rem;padding:1.5rem 0 0;min-width:0}
fieldset fieldset{border:0;padding:0;margin:0 0 1.1rem}
legend{float:left;width:100%}
legend+*{clear:both}
fieldset fieldset legend{font-size:1rem;margin:0 0 .2rem}
.field{margin:0 0 1.1rem}
label{display:block;font-weight:600;margin:0 0 .2rem}
.choices{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}
.choices label{display:flex;align-items:center;gap:.5rem;font-weight:400;min-height:2.75rem;margin:0}
input,select,textarea,button{font:inherit;color:inherit}
input:not([type=radio]),select,textarea{width:100%;min-height:2.75rem;padding:.5rem .7rem;background:var(--sheet);border:1px solid var(--edge);border-radius:.4rem}
input[type=radio]{width:1.2rem;height:1.2rem;margin:0;accent-color:var(--accent)}
textarea{min-height:6rem;resize:vertical}
.short{max-width:14rem}
[aria-invalid]{border:2px solid var(--bad)!important}
.error{color:var(--bad);font-weight:600;font-size:.95rem;margin:0 0 .3rem}
button{min-height:3rem;padding:.6rem 1.75rem;border:1px solid var(--accent);border-radius:.5rem;background:var(--accent);color:var(--on);font-weight:600;cursor:pointer}
button+.hint{margin-top:.75rem}
button.quiet{background:none;color:var(--accent)}
.card{background:#12324f;color:#fff;border-radius:1rem;padding:1.5rem;margin:0 0 1.5rem;max-width:24rem;aspect-ratio:340/214;display:flex;flex-direction:column}
.card p{margin:0}
.card .number{margin:auto 0;font-size:clamp(1rem,4.6vw,1.35rem);font-variant-numeric:tabular-nums;letter-spacing:.02em;white-space:nowrap}
.data{margin:0}
.data div{padding:.6rem 0;border-top:1px solid var(--line)}
.data div:first-child{border:0;padding-top:0}
.data dt{color:var(--soft);font-size:.9rem}
.data dd{margin:0;white-space:pre-wrap}
@media (forced-colors:active){.card{border:1px solid}}
`.replaceAll("\n", "");

const STYLE_HASH = `'sha256-${hash("sha256", STYLE, "base64")}'`;

/** Nothing runs, nothing is fetched, nobody frames it; the forms go to us. */
export const PAGE_POLICY = `default-src 'none'; style-src ${STYLE_HASH}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
/** The element as it stands in each page: the policy's hash is of exactly these characters. */
export const STYLE_ELEMENT = `<style>${STYLE}</style>`;
