import { createRandom } from "../arrivals/random.ts";
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
  const runNumber = numberOfRun(plan.runId);
  const keyOwner = visitorSharing("shared-key", plan, visitor);
  const keyRandom = createRandom(runNumber, `person:${keyOwner}`);
  const key = keyOf(keyRandom);
  const below = createDraw(keyOwner === visitor ? keyRandom : createRandom(runNumber, `person:${visitor}`));
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  const emailVisitor = visitorSharing("pair", plan, visitor);
  const isJapanese = below(2) === 0;
  const given: Given = pick(isJapanese ? JAPANESE_GIVEN : LATIN_GIVEN);
  const family = pick(isJapanese ? JAPANESE_FAMILIES : LATIN_FAMILIES);
  const town = pick(isJapanese ? JAPANESE_TOWNS : LATIN_TOWNS);
  const latinCanary = codec.encode(visitor, "latinName");
  const answers = SURVEY_ANSWERS.map((choices) => pick(choices));

  return {
    visitor,
    emailVisitor,
    // The run's own suffix behind the canary: 20 bits of tag repeat after a thousand runs, addresses must not.
    email: `${codec.encode(emailVisitor, "email")}.${suffixOf(plan.runId)}@${plan.target.emailDomain}`,
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
    survey1: answers[0]!,
    survey2: answers[1]!,
    survey3: answers[2]!,
    survey4: answers[3]!,
    survey5: answers[4]!,
    ipAddress: `198.${18 + ((visitor >> 16) & 1)}.${(visitor >> 8) & 255}.${visitor & 255}`,
    key,
  };
}

/** Several small numbers out of one of 53 bits: drawing is what making a person costs in k6's engine. */
function createDraw(random: () => number): (count: number) => number {
  let value = 0;
  let range = 0;
  return (count) => {
    // At least 10 bits more than are asked for keep every choice within 0.1 % of its share.
    if (range < count * 1024) {
      range = 2 ** 53;
      value = random() * range;
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

let lastRun = { runId: "", number: 0 };

/** FNV-1a twice over the run id, 53 bits: 65 random bits of the id become one seed. */
function numberOfRun(runId: string): number {
  if (lastRun.runId === runId) return lastRun.number;
  const hash = (start: number) => {
    let value = start;
    for (let at = 0; at < runId.length; at++) value = Math.imul(value ^ runId.charCodeAt(at), 0x01000193);
    return value >>> 0;
  };
  lastRun = { runId, number: (hash(0x811c9dc5) & 0x1fffff) * 2 ** 32 + hash(0x9dc5811c) };
  return lastRun.number;
}

function suffixOf(runId: string): string {
  return runId
    .toLowerCase()
    .replace(/^cp-/, "")
    .replace(/[^a-z0-9]/g, "");
}

/** In the form of a version 4 UUID, which is what targets that check their idempotency keys expect. */
function keyOf(random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  const [head, middle] = [hex(12), hex(6)];
  return `${head.slice(0, 8)}-${head.slice(8)}-4${middle.slice(0, 3)}-a${middle.slice(3)}-${hex(12)}`;
}

const twoDigits = (value: number) => String(value).padStart(2, "0");
const threeDigits = (value: number) => String(value).padStart(3, "0");
const fourDigits = (value: number) => String(value).padStart(4, "0");
