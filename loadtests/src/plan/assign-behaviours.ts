import { createRandom } from "../arrivals/random.ts";
import { BEHAVIOURS, type Behaviour } from "./plan.ts";

export type BehaviourShares = Readonly<Record<Exclude<Behaviour, "plain">, number>>;

/**
 * Says of each visitor how they behave and with whom. Shares are met as nearly as whole people allow (largest
 * remainder), not on average: a campaign of 200 with 2 % double-taps has four. A behaviour that is asked for
 * at all is there at least once while there is room.
 *
 * People who belong together (a pair with one address, two with one key, a reader and the plain visitor whose
 * session is tried) are neighbours in the list of arrivals, so that due times stay the drawn ones. By chance
 * alone few couples would be due in one microsecond, and that is where look-up-then-insert breaks: half of the
 * couples are moved into bursts, as long as a quarter of a burst's visitors is enough for them.
 */
export function assignBehaviours(options: {
  burst: readonly number[];
  shares: BehaviourShares;
  seed: number;
}): { behaviour: number[]; group: number[] } {
  const random = createRandom(options.seed, "behaviour");
  const units = shuffle(drawUnits(options.burst.length, options.shares), random);
  const behaviour: number[] = [];
  const group: number[] = [];
  for (const unit of units) {
    const first = behaviour.length;
    for (const one of unit) {
      behaviour.push(BEHAVIOURS.indexOf(one));
      group.push(first);
    }
  }
  moveCouplesIntoBursts({ behaviour, group }, options.burst, random);
  return { behaviour, group };
}

/** People who cannot be parted, in the order in which they are due. */
type Unit = readonly Behaviour[];

const UNITS: Readonly<Record<Exclude<Behaviour, "plain">, Unit>> = {
  "double-tap": ["double-tap"],
  retry: ["retry"],
  impatient: ["impatient"],
  pair: ["pair", "pair"],
  "shared-key": ["shared-key", "shared-key"],
  "re-reader": ["re-reader"],
  "no-session": ["no-session"],
  "forged-session": ["forged-session"],
  "other-session": ["plain", "other-session"],
  "invalid-input": ["invalid-input"],
};

function drawUnits(visitors: number, shares: BehaviourShares): Unit[] {
  const wanted = (Object.keys(UNITS) as (keyof typeof UNITS)[])
    .map((behaviour) => {
      const unit = UNITS[behaviour];
      const exact = (visitors * shares[behaviour]) / unit.filter((one) => one === behaviour).length;
      return { unit, exact, whole: exact > 0 ? Math.max(1, Math.floor(exact)) : 0 };
    })
    .filter(({ whole }) => whole > 0);
  let room = visitors;
  const units: Unit[] = [];
  const take = (unit: Unit, times: number) => {
    const possible = Math.min(times, Math.floor(room / unit.length));
    for (let taken = 0; taken < possible; taken++) units.push(unit);
    room -= possible * unit.length;
  };
  for (const { unit, whole } of wanted) take(unit, whole);
  const left = sharedVisitors(visitors, shares) - units.reduce((total, unit) => total + sharersIn(unit), 0);
  const byRemainder = wanted
    .filter(({ exact, whole }) => exact > whole)
    .sort((one, other) => other.exact - other.whole - (one.exact - one.whole));
  let sharersLeft = left;
  for (const { unit } of byRemainder) {
    if (sharersLeft < sharersIn(unit)) continue;
    sharersLeft -= sharersIn(unit);
    take(unit, 1);
  }
  take(["plain"], room);
  return units;
}

function sharedVisitors(visitors: number, shares: BehaviourShares): number {
  return Math.round(visitors * Object.values(shares).reduce((total, share) => total + share, 0));
}

function sharersIn(unit: Unit): number {
  return unit.filter((one) => one !== "plain").length;
}

/** Fisher–Yates. */
function shuffle<T>(list: T[], random: () => number): T[] {
  for (let last = list.length - 1; last > 0; last--) swap(list, last, Math.floor(random() * (last + 1)));
  return list;
}

function swap<T>(list: T[], one: number, other: number): void {
  const kept = list[one]!;
  list[one] = list[other]!;
  list[other] = kept;
}

interface Columns {
  behaviour: number[];
  group: number[];
}

/** Of a burst's visitors; more would make the burst a crowd of couples. */
const COUPLES_SHARE_MAX = 1 / 8;
/** Tries to hit two neighbours of one burst who belong to nobody else, before a couple is left where it is. */
const TRIES_MAX = 32;

function moveCouplesIntoBursts(columns: Columns, burst: readonly number[], random: () => number): void {
  const meeting: number[] = [];
  for (let at = 0; at + 1 < burst.length; at++) {
    if (burst[at] !== 0 && burst[at] === burst[at + 1]) meeting.push(at);
  }
  let room = Math.floor(meeting.length * COUPLES_SHARE_MAX);
  const seen = new Map<number, number>();
  for (let first = 0; first + 1 < burst.length && room > 0; first++) {
    if (columns.group[first + 1] !== first) continue;
    const kind = columns.behaviour[first + 1]!;
    const nth = seen.get(kind) ?? 0;
    seen.set(kind, nth + 1);
    if (nth % 2 === 1 || burst[first] !== 0) continue;
    const place = findTwoAlone(columns, meeting, random);
    if (place === undefined) continue;
    moveCouple(columns, first, place);
    room--;
  }
}

function findTwoAlone(
  columns: Columns,
  meeting: readonly number[],
  random: () => number,
): number | undefined {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const place = meeting[Math.floor(random() * meeting.length)]!;
    if (isAlone(columns, place) && isAlone(columns, place + 1)) return place;
  }
  return undefined;
}

function isAlone({ group }: Columns, visitor: number): boolean {
  return group[visitor] === visitor && group[visitor + 1] !== visitor;
}

function moveCouple({ behaviour, group }: Columns, from: number, to: number): void {
  swap(behaviour, from, to);
  swap(behaviour, from + 1, to + 1);
  group[from + 1] = from + 1;
  group[to + 1] = to;
}
