import { BEHAVIOURS, type Behaviour, type Plan } from "../plan/plan.ts";
import type { CanaryCodec } from "./canary.ts";
import type { Person } from "./field.ts";
import {
  type Given,
  JAPANESE_FAMILIES,
  JAPANESE_GIVEN,
  JAPANESE_TOWNS,
  LATIN_FAMILIES,
  LATIN_GIVEN,
  LATIN_TOWNS,
  MESSAGES,
  SURVEY_ANSWERS,
} from "./lists.ts";

/**
 * Who a visitor is: the same person for the same run id and visitor number, whatever the engine. Canaries stand at
 * the head of their fields, so that cutting a field to 24 characters keeps them.
 */
export function createPerson(options: { plan: Plan; visitor: number; codec: CanaryCodec }): Person {
  const { plan, visitor, codec } = options;
  const lot = codec.lotOf(visitor);
  const below = createDraw(lot);
  const keyOwner = visitorSharing("shared-key", plan, visitor);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const emailVisitor = visitorSharing("pair", plan, visitor);
  const isJapanese = below(2) === 0;
  const given: Given = pick(isJapanese ? JAPANESE_GIVEN : LATIN_GIVEN);
  const family = pick(isJapanese ? JAPANESE_FAMILIES : LATIN_FAMILIES);
  const town = pick(isJapanese ? JAPANESE_TOWNS : LATIN_TOWNS);
  const latinCanary = codec.encode(visitor, "latinName");

  return {
    visitor,
    emailVisitor,
    // The run's own suffix behind the canary: 20 bits of tag repeat after a thousand runs, addresses must not.
    email: codec.encode(emailVisitor, "email") + addressEndOf(plan.runId, plan.target.emailDomain),
    latinName: `${latinCanary[0]!.toUpperCase()}${latinCanary.slice(1)} ${family.latin}`,
    address: `${codec.encode(visitor, "address")} ${town.street} ${1 + below(30)}-${1 + below(20)}`,
    freeText: `${codec.encode(visitor, "freeText")} ${pick(MESSAGES)}`,
    kana: codec.encode(visitor, "kana"),
    kanjiName: `${family.native} ${given.native}`,
    sex: given.sex,
    birthDate: `${1930 + below(75)}-${twoDigits(1 + below(12))}-${twoDigits(1 + below(28))}`,
    postalCode: `${town.postalPrefix}-${fourDigits(below(10_000))}`,
    // No carrier has numbers that begin with 0 after 090: the plan for 0A0 starts at 1 (90 million numbers each).
    phone: `090-0${threeDigits(below(1000))}-${fourDigits(below(10_000))}`,
    survey1: pick(SURVEY_ANSWERS[0]!),
    survey2: pick(SURVEY_ANSWERS[1]!),
    survey3: pick(SURVEY_ANSWERS[2]!),
    survey4: pick(SURVEY_ANSWERS[3]!),
    survey5: pick(SURVEY_ANSWERS[4]!),
    ipAddress: `198.${18 + ((visitor >> 16) & 1)}.${(visitor >> 8) & 255}.${visitor & 255}`,
    key: keyOf(keyOwner === visitor ? lot : codec.lotOf(keyOwner)),
  };
}

/** Of a lot, the digits that become the key; the others decide the rest. */
const KEY_DIGITS = 30;
/** 44 bits, which a number holds exactly. */
const DRAW_DIGITS = 11;

/**
 * Small numbers out of the lot: three of 44 bits, of which each makes several choices; a person's are 86 bits in all.
 * At least 10 bits more than are asked for keep every choice within 0.1 % of its share.
 */
function createDraw(lot: string): (count: number) => number {
  let at = KEY_DIGITS;
  let value = 0;
  let range = 0;
  return (count) => {
    if (range < count * 1024) {
      value = Number.parseInt(lot.slice(at, at + DRAW_DIGITS), 16);
      range = 16 ** DRAW_DIGITS;
      at += DRAW_DIGITS;
    }
    const drawn = value % count;
    value = (value - drawn) / count;
    range /= count;
    return drawn;
  };
}

/** The group's first where the visitor shares something with a group of this behaviour; else the visitor. */
function visitorSharing(behaviour: Behaviour, { arrivals }: Plan, visitor: number): number {
  const index = arrivals.behaviour[visitor];
  if (index === undefined || BEHAVIOURS[index] !== behaviour) return visitor;
  return arrivals.group[visitor] ?? visitor;
}

/** With what every e-mail address of a run ends, and no other's. */
export function addressEndOf(runId: string, emailDomain: string): string {
  return `.${runSuffixOf(runId)}@${emailDomain}`;
}

let lastSuffix = { runId: "", suffix: "" };

/** A run's own word in its people's addresses: lower-case letters and digits alone. */
export function runSuffixOf(runId: string): string {
  if (lastSuffix.runId !== runId) {
    const suffix = runId
      .toLowerCase()
      .replace(/^cp-/, "")
      .replace(/[^a-z0-9]/g, "");
    lastSuffix = { runId, suffix };
  }
  return lastSuffix.suffix;
}

/** In the form of a version 4 UUID, which is what targets that check their idempotency keys expect. */
function keyOf(lot: string): string {
  return `${lot.slice(0, 8)}-${lot.slice(8, 12)}-4${lot.slice(12, 15)}-a${lot.slice(15, 18)}-${lot.slice(18, KEY_DIGITS)}`;
}

const twoDigits = (value: number) => String(value).padStart(2, "0");
const threeDigits = (value: number) => String(value).padStart(3, "0");
const fourDigits = (value: number) => String(value).padStart(4, "0");
