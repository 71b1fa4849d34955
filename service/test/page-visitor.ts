import { load } from "cheerio";
import type { Service } from "../src/service.ts";

/** What a browser without JavaScript has in its hands after an answer. */
export interface Sheet {
  readonly status: number;
  readonly headers: Headers;
  readonly markup: string;
  /** `<body data-page>` and `data-code`; undefined where the answer is no page. */
  readonly kind: string | undefined;
  readonly code: string | undefined;
  /** Where it leads: a redirect, or the address it goes to by itself. */
  readonly next: string | undefined;
  readonly cookie: string | undefined;
  /** Where its form goes, and what stands in it. */
  readonly action: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  text(selector: string): string;
}

interface Reading {
  readonly language?: string;
  readonly cookie?: string | undefined;
}

export async function open(service: Service, path: string, reading: Reading = {}): Promise<Sheet> {
  const response = await fetch(service.url + path, { redirect: "manual", headers: headersOf(reading) });
  return sheetOf(response);
}

/** Follows redirects, as a browser does; the places that somebody waits for are not redirects. */
export async function visit(service: Service, path: string, reading: Reading = {}): Promise<Sheet> {
  const sheet = await open(service, path, reading);
  return sheet.status === 303 && sheet.next !== undefined ? visit(service, sheet.next, reading) : sheet;
}

/** Sends the form that is on the sheet, with its hidden values. */
export async function send(
  service: Service,
  sheet: Pick<Sheet, "action" | "values">,
  typed: Readonly<Record<string, string>> = {},
  reading: Reading = {},
): Promise<Sheet> {
  const response = await fetch(service.url + (sheet.action ?? "/"), {
    method: "POST",
    redirect: "manual",
    headers: { ...headersOf(reading), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ...sheet.values, ...typed }).toString(),
  });
  return sheetOf(response);
}

function headersOf({ language, cookie }: Reading): Record<string, string> {
  return {
    accept: "text/html,*/*;q=0.8",
    ...(language === undefined ? {} : { "accept-language": language }),
    ...(cookie === undefined ? {} : { cookie }),
  };
}

async function sheetOf(response: Response): Promise<Sheet> {
  const markup = await response.text();
  const $ = load(markup);
  const refresh = response.headers.get("refresh")?.replace(/^\d+;url=/, "");
  const values = $("form [name]")
    .toArray()
    .filter((field) => $(field).attr("type") !== "radio" || $(field).attr("checked") !== undefined)
    .map((field) => [$(field).attr("name") ?? "", String($(field).val() ?? "")]);
  return {
    status: response.status,
    headers: response.headers,
    markup,
    kind: $("body").attr("data-page"),
    code: $("body").attr("data-code"),
    next: response.headers.get("location") ?? refresh,
    cookie: response.headers.getSetCookie()[0]?.split(";")[0],
    action: $("form").attr("action"),
    values: Object.fromEntries(values),
    text: (selector) => $(selector).text().trim(),
  };
}

let people = 0;

/** What a new person types. */
export function newTyped(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  people += 1;
  return {
    kanjiName: "山田 花子",
    kana: "ヤマダ ハナコ",
    name: `HANAKO ${people}`,
    sex: "female",
    birthDate: "1980-02-29",
    email: `hanako${people}@example.test`,
    postalCode: "100-0001",
    address: `東京都千代田区 ${people}`,
    phone: "090-1234-5678",
    survey1: "daily",
    survey2: "app",
    survey3: "noon",
    survey4: "5",
    survey5: "on foot",
    message: "",
    ...changes,
  };
}
