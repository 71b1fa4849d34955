/**
 * How soon a leak is seen, where each visitor is shown somebody else's data with the same chance, independently: after n
 * visitors it has been seen with 1 − (1 − share)ⁿ. Leaks come in clusters and with crowds, so this is the best case.
 */
export function chanceToSee(visitors: number, share: number): number {
  return -Math.expm1(visitors * Math.log1p(-share));
}

/** n = ln(1 − chance) / ln(1 − share); for small shares and 95 %, 3 / share. */
export function visitorsToSee(share: number, chance: number): number {
  return Math.ceil(Math.log1p(-chance) / Math.log1p(-share));
}

/** Visitors a minute, and those of them who come at one instant with others. */
export interface Rates {
  perMinute: number;
  burst: number;
  burstEverySeconds: number;
}

export function visitorsPerMinute({ perMinute, burst, burstEverySeconds }: Rates): number {
  return perMinute + burstPerMinute({ burst, burstEverySeconds });
}

function burstPerMinute({ burst, burstEverySeconds }: Omit<Rates, "perMinute">): number {
  return (burst * 60) / burstEverySeconds;
}

const CHANCE = 0.95;
const SHARES = [0.1, 0.01] as const;

/** The sentences of the probe's start: what it would see in what time. */
export function describeSensitivity(rates: Rates): string[] {
  const lines = [`${timesOf("a leak that hits", visitorsPerMinute(rates))}, with 95 %`];
  // One alone meets nobody.
  if (rates.burst > 1)
    lines.push(timesOf("a mix-up of people at one instant that hits", burstPerMinute(rates)));
  return lines;
}

function timesOf(what: string, perMinute: number): string {
  const each = SHARES.map((share) => {
    const time = minutes(visitorsToSee(share, CHANCE) / perMinute);
    return `1 in ${1 / share} within ${time}`;
  });
  return `${what} ${each.join(", ")}`;
}

function minutes(value: number): string {
  if (value < 1) return "1 min";
  if (value < 90) return `${Math.ceil(value)} min`;
  return value < 36 * 60 ? `${(value / 60).toFixed(1)} h` : `${(value / 1_440).toFixed(1)} days`;
}
