import { addressKey, differingFields, readTold, repeatsRequest, tokensIn } from "./asked-person.ts";
import type { Asked, Given } from "./exchange.ts";
import { ALL_FIELDS, bitsOf, FIELDS, type Field, readProfile, type Shown, TOLD_FIELDS } from "./fields.ts";
import { type GivenHeaders, readHeaders } from "./headers.ts";
import { createIdentity, type GuardKeys, type Identity, isDigits } from "./identity.ts";
import { differingPlaces, placesIn } from "./markup.ts";
import { isPlainAnswer } from "./plain-answers.ts";
import { type Route, routeOf, type Shape, shapeFor } from "./routes.ts";
import { scanProfile } from "./scan-profile.ts";
import { createSeenNumbers } from "./seen-numbers.ts";

/**
 * Kinds of anomaly, a closed set. duplicate: the number was seen with another person. malformed: no number minted under
 * the key. wrong-person: fields that are not those of the person it goes to. foreign-session: a session that belongs to
 * somebody else, or where none may be. unbound: personal data for a request without a session.
 */
export const ANOMALY_KINDS = [
  "duplicate",
  "malformed",
  "wrong-person",
  "foreign-session",
  "unbound",
] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** What an answer showed, to whom: what the access ledger keeps. Hashes and MACs as hex digits; no values. */
export interface Access {
  readonly atMs: number;
  readonly kind: AccessKind;
  /** Hash of the reader's token, 32 hex digits; of the new one where a session was opened. */
  readonly viewer: string | null;
  /** Twenty digits; null where the answer named nothing that could be a member. */
  readonly subjectNumber: string | null;
  /** Of what was shown, 32 hex digits: equal to the subject's row unless people were mixed. */
  readonly identityMac: string;
  /** Bits by the order of `FIELDS`. */
  readonly fields: number;
  /** Only where the guard would have stopped it: a keyed hash of each value shown, by which its owner can be found. */
  readonly mismatch: Mismatch | null;
}
export type AccessKind = "new-member" | "signed-in" | "own-profile" | "own-card" | "own-page";

export interface Mismatch {
  readonly kind: AnomalyKind;
  readonly fieldMacs: Readonly<Partial<Record<Field, string>>>;
  /** Of the address in the request, where it named one: at a signup the session given may be anybody's. */
  readonly readerMac: string | null;
  /** Bits of the fields shown that are as the request itself sent them. */
  readonly ownFields: number;
}

export interface Finding {
  readonly kind: AnomalyKind;
  readonly route: Route | "mail";
  readonly viewer: string | null;
  readonly subjectNumber: string | null;
  readonly fields: readonly Field[];
}

export type Judgement =
  | { readonly verdict: "healthy"; readonly access?: Access }
  /** Not in the table. `why` is from a closed set, for the log. */
  | { readonly verdict: "unrecognised"; readonly route: Route; readonly why: Oddity }
  | { readonly verdict: "anomaly"; readonly finding: Finding; readonly access?: Access };
export type Oddity = "header" | "status" | "body" | "request" | "cacheable" | "witness" | "markup";

/** Decides about one answer, from bytes and keys alone. */
export type JudgeAnswer = (asked: Asked, given: Given, nowMs: number) => Judgement;

const HEALTHY: Judgement = { verdict: "healthy" };

export function createJudge(keys: GuardKeys): JudgeAnswer {
  const identity = createIdentity(keys);
  const seen = createSeenNumbers();
  return (asked, given, nowMs) => {
    const route = routeOf(asked.method, asked.url);
    const headers = readHeaders(given);
    if (headers === undefined) return { verdict: "unrecognised", route, why: "header" };
    const shape = shapeFor(route, given.status);
    const bearer: Bearer = { identity, seen, asked, given, headers, route, nowMs };
    switch (shape) {
      case "new-member":
      case "signed-in":
      case "own-profile":
        return judgeProfile(bearer, shape);
      case "own-card":
      case "own-page":
        return judgeMarkup(bearer, shape);
      case "new-member-sent-on":
        return judgeSentOn(bearer);
      default:
        return judgePlain(bearer, shape);
    }
  };
}

interface Bearer {
  readonly identity: Identity;
  readonly seen: ReturnType<typeof createSeenNumbers>;
  readonly asked: Asked;
  readonly given: Given;
  readonly headers: GivenHeaders;
  readonly route: Route;
  readonly nowMs: number;
}

type ProfileShape = "new-member" | "signed-in" | "own-profile";

function judgeProfile(bearer: Bearer, shape: ProfileShape): Judgement {
  const { headers, given, route } = bearer;
  if (!headers.isUncacheable) return { verdict: "unrecognised", route, why: "cacheable" };
  if (!headers.type.startsWith("application/json")) return { verdict: "unrecognised", route, why: "body" };
  return judgeQuickly(bearer, shape) ?? judgeInFull(bearer, shape, readProfile(parseJson(given.text)));
}

/** Says "healthy" or nothing at all; whatever it does not accept is judged in full. */
function judgeQuickly(bearer: Bearer, shape: ProfileShape): Judgement | undefined {
  const { identity, asked, given, headers } = bearer;
  const scanned = shape === "signed-in" ? undefined : scanProfile(given.text);
  if (scanned === undefined) return undefined;
  if (shape === "new-member" && !repeatsRequest(asked, given.text)) return undefined;
  if (shape === "own-profile" && headers.session !== undefined) return undefined;
  const { number, toldText } = scanned;
  if (!identity.isMinted(number)) return undefined;
  const mac = identity.macOf(number, toldText);
  const token = shape === "new-member" ? headers.session : tokensIn(asked)[0];
  if (token === undefined || !identity.isBound(token, mac) || !bearer.seen.note(number, mac))
    return undefined;
  return { verdict: "healthy", access: accessOf(bearer, shape, { number, mac, token }, ALL_FIELDS) };
}

/** The whole judgement of a profile, without a short cut. */
function judgeInFull(bearer: Bearer, shape: ProfileShape, shown: Shown | undefined): Judgement {
  const { identity, asked, headers, route } = bearer;
  if (shown === undefined) return { verdict: "unrecognised", route, why: "body" };
  const number = String(shown.number);
  const mac = identity.macOf(number, shown.toldText);
  const mayHaveCookie = shape !== "own-profile";
  const tokens = mayHaveCookie ? sessionsOf(headers) : tokensIn(asked);
  const bound = tokens.find((token) => identity.isBound(token, mac));
  const subject: Subject = { number, mac, token: bound ?? tokens[0] ?? null };
  const anomaly = (kind: AnomalyKind, fields: readonly Field[] = FIELDS) =>
    anomalyOf(bearer, shape, { kind, fields, subject, shown });

  if (!identity.isMinted(shown.number)) return anomaly("malformed", ["number"]);
  if (shape !== "own-profile") {
    const told = readTold(asked, "json");
    if (told === undefined) return { verdict: "unrecognised", route, why: "request" };
    const differing =
      shape === "new-member" ? differingFields(shown.told, told) : differingAddress(shown, told);
    if (differing.length > 0) return anomaly("wrong-person", differing);
  }
  if (!mayHaveCookie && headers.session !== undefined) return anomaly("foreign-session");
  if (tokens.length === 0) return anomaly("unbound");
  if (bound === undefined) return anomaly(mayHaveCookie ? "foreign-session" : "wrong-person");
  if (!bearer.seen.note(number, mac)) return anomaly("duplicate", ["number"]);
  return { verdict: "healthy", access: accessOf(bearer, shape, subject, ALL_FIELDS) };
}

function differingAddress(shown: Shown, told: ReadonlyMap<string, readonly unknown[]>): Field[] {
  const asked = (told.get("email") ?? []).map((email) => addressKey(String(email)));
  return asked.includes(addressKey(String(shown.told.email))) ? [] : ["email"];
}

function sessionsOf({ session }: GivenHeaders): string[] {
  return session === undefined || session === "ended" ? [] : [session];
}

/** A card or a page: its witness must belong to the reader's token, and every marked place must show what the witness has. */
function judgeMarkup(bearer: Bearer, shape: "own-card" | "own-page"): Judgement {
  const { identity, asked, given, headers, route } = bearer;
  if (!headers.isUncacheable) return { verdict: "unrecognised", route, why: "cacheable" };
  if (!headers.type.startsWith(shape === "own-card" ? "image/svg+xml" : "text/html"))
    return { verdict: "unrecognised", route, why: "body" };
  const shown = readProfile(given.witness);
  if (shown === undefined) return { verdict: "unrecognised", route, why: "witness" };
  const places = placesIn(given.text);
  if (places === undefined || places.length === 0) return { verdict: "unrecognised", route, why: "markup" };
  const fields = [...new Set(places.map((place) => place.field))];
  const number = String(shown.number);
  const mac = identity.macOf(number, shown.toldText);
  const tokens = tokensIn(asked);
  const bound = tokens.find((token) => identity.isBound(token, mac));
  const subject: Subject = { number, mac, token: bound ?? tokens[0] ?? null };
  const anomaly = (kind: AnomalyKind, of: readonly Field[]) =>
    anomalyOf(bearer, shape, { kind, fields: of, subject, shown, shownFields: fields });

  if (!identity.isMinted(shown.number)) return anomaly("malformed", ["number"]);
  if (headers.session !== undefined) return anomaly("foreign-session", fields);
  if (tokens.length === 0) return anomaly("unbound", fields);
  if (bound === undefined) return anomaly("wrong-person", fields);
  const differing = differingPlaces(places, shown);
  if (differing.length > 0) {
    // Where the person's own data holds markup, a page that forgets to escape it looks like this: withheld, but a
    // visitor must not be able to halt the campaign by typing.
    if (holdsMarkup(shown)) return { verdict: "unrecognised", route, why: "markup" };
    return anomaly("wrong-person", differing);
  }
  if (!bearer.seen.note(number, mac)) return anomaly("duplicate", ["number"]);
  return { verdict: "healthy", access: accessOf(bearer, shape, subject, bitsOf(fields)) };
}

function holdsMarkup(shown: Shown): boolean {
  return TOLD_FIELDS.some((field) => [shown.told[field]].flat().some((text) => /[<&]/.test(text)));
}

/** The form's answer shows nothing, but opens a session: it must be that of the person who filled the form in. */
function judgeSentOn(bearer: Bearer): Judgement {
  const { identity, asked, given, headers, route } = bearer;
  if (given.text !== "" && !isPlainAnswer("sent-on", given, headers, asked))
    return { verdict: "unrecognised", route, why: "body" };
  if (headers.session === undefined) return HEALTHY;
  if (!headers.isUncacheable) return { verdict: "unrecognised", route, why: "cacheable" };
  const shown = readProfile(given.witness);
  if (shown === undefined) return { verdict: "unrecognised", route, why: "witness" };
  const told = readTold(asked, "form");
  if (told === undefined) return { verdict: "unrecognised", route, why: "request" };
  const number = String(shown.number);
  const mac = identity.macOf(number, shown.toldText);
  const finding = {
    route,
    viewer: identity.viewerOf(headers.session),
    subjectNumber: subjectNumberOf(number),
  };
  const anomaly = (kind: AnomalyKind, fields: readonly Field[]): Judgement => ({
    verdict: "anomaly",
    finding: { ...finding, kind, fields },
  });
  if (!identity.isMinted(shown.number)) return anomaly("malformed", ["number"]);
  const differing = differingFields(shown.told, told);
  if (differing.length > 0) return anomaly("wrong-person", differing);
  if (!identity.isBound(headers.session, mac)) return anomaly("foreign-session", []);
  return bearer.seen.note(number, mac) ? HEALTHY : anomaly("duplicate", ["number"]);
}

/** Everything else carries nobody's data, and sets no session. */
function judgePlain(bearer: Bearer, shape: Shape | undefined): Judgement {
  const { identity, asked, given, headers, route } = bearer;
  const isLeaving = shape === "left";
  if (headers.session !== undefined && !(isLeaving && headers.session === "ended")) {
    const viewer = headers.session === "ended" ? null : identity.viewerOf(headers.session);
    return {
      verdict: "anomaly",
      finding: { kind: "foreign-session", route, viewer, subjectNumber: null, fields: [] },
    };
  }
  if (isPlainAnswer(shape, given, headers, asked)) return HEALTHY;
  return { verdict: "unrecognised", route, why: shape === undefined ? "status" : "body" };
}

interface Subject {
  readonly number: string;
  readonly mac: string;
  readonly token: string | null;
}

function accessOf({ identity, nowMs }: Bearer, kind: AccessKind, subject: Subject, fields: number): Access {
  return {
    atMs: nowMs,
    kind,
    viewer: subject.token === null ? null : identity.viewerOf(subject.token),
    subjectNumber: subjectNumberOf(subject.number),
    identityMac: subject.mac,
    fields,
    mismatch: null,
  };
}

interface Anomalous {
  readonly kind: AnomalyKind;
  readonly fields: readonly Field[];
  readonly subject: Subject;
  readonly shown: Shown;
  /** Default: all. */
  readonly shownFields?: readonly Field[];
}

function anomalyOf(bearer: Bearer, shape: AccessKind, anomalous: Anomalous): Judgement {
  const { kind, fields, subject, shown, shownFields = FIELDS } = anomalous;
  const access = accessOf(bearer, shape, subject, bitsOf(shownFields));
  const fieldMacs: Partial<Record<Field, string>> = {};
  for (const field of shownFields) {
    fieldMacs[field] = bearer.identity.fieldMacOf(field, hashedContentOf(field, shown));
  }
  const { viewer, subjectNumber } = access;
  return {
    verdict: "anomaly",
    finding: { kind, route: bearer.route, viewer, subjectNumber, fields },
    access: { ...access, mismatch: { kind, fieldMacs, ...readerOf(bearer, shape, shown) } },
  };
}

/** An address by its key, so that its owner is found in whatever letters it was shown. */
function hashedContentOf(field: Field, { number, told }: Shown): string {
  if (field === "number") return String(number);
  return JSON.stringify(field === "email" ? addressKey(String(told.email)) : told[field]);
}

/** Who asked, by what the request's body says; reads have none, and are known by their token. */
function readerOf({ identity, asked }: Bearer, shape: AccessKind, shown: Shown) {
  const told = shape === "new-member" || shape === "signed-in" ? readTold(asked, "json") : undefined;
  const [email] = told?.get("email") ?? [];
  if (told === undefined || typeof email !== "string") return { readerMac: null, ownFields: 0 };
  const differing = differingFields(shown.told, told);
  const own = TOLD_FIELDS.filter((field) => !differing.includes(field));
  return {
    readerMac: identity.fieldMacOf(READER, addressKey(email)),
    ownFields: bitsOf(own),
  };
}

/** No field has this name: the mark of an address that was asked with is none of an address that was shown. */
export const READER = "reader";

function subjectNumberOf(number: string): string | null {
  return isDigits(number, 20) ? number : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
