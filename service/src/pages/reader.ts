import type { IncomingMessage } from "node:http";
import { chosenLanguage, type Language, wantedLanguage } from "./language.ts";

/** Whom a page is for, as far as a page cares. */
export interface Reader {
  readonly language: Language;
  /** The language picked by hand goes from address to address: while people wait there is no cookie to keep it. */
  readonly chosen: Language | undefined;
  /** As it stands in the address. A ticket says nothing about a person. */
  readonly ticket: string | undefined;
}

export function readerOf({ url = "", headers }: Pick<IncomingMessage, "url" | "headers">): Reader {
  const query = new URLSearchParams(url.split("?", 2)[1]);
  const chosen = chosenLanguage(query.get("lang"));
  const ticket = query.get("ticket") ?? undefined;
  return { language: chosen ?? wantedLanguage(headers["accept-language"]), chosen, ticket };
}

/** An address of ours, in the language that was picked. */
export function address(path: string, { chosen }: Pick<Reader, "chosen">, ticket?: string): string {
  const query = [
    ...(ticket === undefined ? [] : [`ticket=${encodeURIComponent(ticket)}`]),
    ...(chosen === undefined ? [] : [`lang=${chosen}`]),
  ];
  return query.length === 0 ? path : `${path}?${query.join("&")}`;
}
