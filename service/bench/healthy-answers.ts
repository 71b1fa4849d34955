import type { IncomingMessage } from "node:http";
import { renderMemberCard } from "../src/card/member-card.ts";
import { Asked, type Given } from "../src/guard/exchange.ts";
import { deriveKeys } from "../src/keys.ts";
import { createIdentityMac, fingerprintOf } from "../src/member/identity-mac.ts";
import { createMemberNumbers } from "../src/member/member-number.ts";
import type { PersonalFields, Profile } from "../src/member/profile.ts";
import { createSessionTokens } from "../src/session/session-token.ts";

/** A request and the answer that a healthy service gives to it. */
export interface Healthy {
  readonly kind: "signup" | "profile" | "card" | "sign-in" | "refusal";
  readonly asked: Asked;
  readonly given: Given;
}

export const KEYS = deriveKeys("a key for the benches of the guard, only");
const numbers = createMemberNumbers(KEYS.memberNumber);
const macOf = createIdentityMac(KEYS.identity);
const createToken = createSessionTokens(KEYS.session);

export type Random = () => number;

/** Mulberry32: the same people for the same seed. */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Every answer there is to one new member: the signup, two reads, the card, a sign-in, a refusal to somebody else. */
export function healthyAnswers(random: Random, serial: number, isPlain: boolean): Healthy[] {
  const fields = isPlain ? plainPerson(serial) : strangePerson(random);
  const number = numbers.mint(serial);
  const profile: Profile = { number, ...fields };
  const mac = macOf(number, fingerprintOf(fields));
  const token = createToken(mac);
  const later = createToken(mac);
  return [
    signup(random, profile, token, isPlain),
    read("profile", "/me", token, given(200, JSON.stringify(profile))),
    read("profile", "/me", later, given(200, JSON.stringify(profile))),
    read("card", `/members/${number}/card`, token, {
      ...given(200, renderMemberCard(profile), [["content-type", "image/svg+xml"]]),
      witness: profile,
    }),
    {
      kind: "sign-in",
      asked: ask(
        "POST",
        "/sessions",
        ["Content-Type", "application/json"],
        JSON.stringify({ email: swapCase(fields.email), code: "12345678" }),
      ),
      given: given(201, JSON.stringify(profile), opened(later)),
    },
    {
      kind: "refusal",
      asked: ask("POST", "/signups", ["Content-Type", "application/json"], JSON.stringify(fields)),
      given: given(
        409,
        JSON.stringify({ code: "email-taken", detail: "This e-mail address is registered already." }),
      ),
    },
  ];
}

function signup(random: Random, profile: Profile, token: string, isPlain: boolean): Healthy {
  const { number: _, ...fields } = profile;
  const body = isPlain ? JSON.stringify(fields) : asTyped(random, fields);
  return {
    kind: "signup",
    asked: ask(
      "POST",
      "/signups",
      ["Host", "127.0.0.1", "Content-Type", "application/json", "Idempotency-Key", token.slice(0, 20)],
      body,
    ),
    given: given(201, JSON.stringify(profile), opened(token)),
  };
}

function read(kind: "profile" | "card", path: string, token: string, answer: Given): Healthy {
  return {
    kind,
    asked: ask("GET", path, ["Host", "127.0.0.1", "Cookie", `lang=ja; session=${token}`]),
    given: answer,
  };
}

function ask(method: string, url: string, rawHeaders: string[], body?: string): Asked {
  const asked = new Asked({ method, url, rawHeaders } as IncomingMessage);
  if (body !== undefined) asked.record(Buffer.from(body));
  return asked;
}

type Headers = (readonly [string, string])[];

const opened = (token: string): Headers => [
  ["location", "/me"],
  ["server-timing", "queue;dur=0.1, work;dur=3.2"],
  ["set-cookie", `session=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400`],
];

function given(status: number, text: string, headers: Headers = []): Given {
  const type: Headers = headers.some(([name]) => name === "content-type")
    ? []
    : [["content-type", "application/json; charset=utf-8"]];
  return {
    status,
    text,
    headers: [
      ["cache-control", "no-store, private"],
      ["content-length", String(text.length)],
      ...type,
      ...headers,
    ],
    witness: undefined,
  };
}

function plainPerson(serial: number): PersonalFields {
  return {
    email: `person${serial}@example.test`,
    name: `YAMADA TARO ${serial}`,
    kana: "ヤマダ タロウ",
    kanjiName: "山田太郎",
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: `東京都千代田区丸の内 ${serial}`,
    phone: "090-1234-5678",
    survey: ["friends", "daily", "coffee", "none", "yes"],
    message: `line one\nline two of ${serial}`,
  };
}

const ALPHABETS = [
  "abc XYZ-",
  "山田太郎",
  "\"\\/<>&';{}[]:,",
  "\u00e9\u0301ﬀİß",
  "😀👩‍👧\u{10ffff}",
  "0123456789",
  "\u2028\u2029\u202e\ufeff\ufffd",
];

function text(random: Random, charactersMax: number): string {
  const alphabet = [...(ALPHABETS[Math.floor(random() * ALPHABETS.length)] ?? "a")];
  const length = 1 + Math.floor(random() * charactersMax);
  let made = "";
  for (let at = 0; at < length; at++) made += alphabet[Math.floor(random() * alphabet.length)];
  // As the service stores it.
  return made.trim() || "x";
}

function strangePerson(random: Random): PersonalFields {
  const line = () => text(random, 24);
  return {
    email: `${line().replace(/[\s@]/g, "_")}@example.test`,
    name: line(),
    kana: line(),
    kanjiName: line(),
    sex: line(),
    birthDate: "2000-12-31",
    postalCode: "123 456",
    address: line(),
    phone: "+81 90 1234",
    survey: [line(), line(), line(), line(), line()],
    message: `${text(random, 80)}\r\n\t${random()}`,
  };
}

/** What the person may have typed to be stored like this: blanks around, another order, escapes. */
function asTyped(random: Random, fields: PersonalFields): string {
  const kind = Math.floor(random() * 4);
  if (kind === 0) return JSON.stringify(fields);
  if (kind === 1)
    return JSON.stringify({
      ...fields,
      name: ` ${fields.name}\u3000`,
      survey: fields.survey.map((answer) => `\t${answer} `),
    });
  if (kind === 2) return JSON.stringify(Object.fromEntries(Object.entries(fields).reverse()), null, 2);
  return JSON.stringify(fields).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** In capitals where that is the same address to the service. */
function swapCase(address: string): string {
  const upper = address.toUpperCase();
  return upper.toLowerCase() === address.toLowerCase() ? upper : address;
}
