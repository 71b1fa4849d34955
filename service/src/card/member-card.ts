import type { Profile } from "../member/profile.ts";

/** The card as text, or a promise of it where its picture comes from elsewhere. */
export type RenderCard = (profile: Profile) => string | Promise<string>;

/** The member card of one person as an SVG image. Each `data-field` says whose value stands there, for the guard to check. */
export function renderMemberCard({ number, name, kanjiName }: Profile): string {
  const grouped = number.replace(/(.{4})(?=.)/g, "$1 ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 340 214" role="img" aria-label="Member card">`,
    `<rect width="340" height="214" rx="14" fill="#12324f"/>`,
    `<g fill="#fff" font-family="system-ui, sans-serif">`,
    `<text x="22" y="44" font-size="15">Member card</text>`,
    `<text data-field="number" x="22" y="118" font-size="19" textLength="296" lengthAdjust="spacingAndGlyphs">${grouped}</text>`,
    `<text data-field="kanjiName" x="22" y="164" font-size="13">${escapeXml(kanjiName)}</text>`,
    `<text data-field="name" x="22" y="188" font-size="13">${escapeXml(name)}</text>`,
    "</g></svg>",
  ].join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
