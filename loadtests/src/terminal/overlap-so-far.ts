/** Signups that met nobody yet are kept so long, and so many, to be met by one that was answered later. */
const OPEN_MICROSECONDS = 10_000_000;
const OPEN_MAX = 1024;

interface Interval {
  visitor: number;
  sent: number;
  answered: number;
}

export interface OverlapSoFar {
  add(interval: Interval): void;
  /** Share of the visitors who signed up with another's signup in flight; null before the first. */
  ratio(): number | null;
}

/**
 * What the checks compute exactly afterwards, while the run is under way and in bounded memory. Answers arrive
 * about in the order in which they ended, so a signup meets those whose answer came after it was sent.
 */
export function createOverlapSoFar(visitorsMax: number): OverlapSoFar {
  const ALONE = 1;
  const MET = 2;
  const states = new Uint8Array(visitorsMax);
  let signedUp = 0;
  let met = 0;
  let open: Interval[] = [];
  // Of the last answered two people: one of them is somebody else.
  let last: Interval | null = null;
  let lastOfOther: Interval | null = null;

  function note(visitor: number, state: number): void {
    const before = states[visitor] ?? 0;
    if (before === 0) signedUp++;
    if (state === MET && before !== MET) met++;
    states[visitor] = Math.max(before, state);
  }

  function keepLast(interval: Interval): void {
    if (last !== null && last.visitor !== interval.visitor) lastOfOther = last;
    if (last === null || interval.answered >= last.answered || last.visitor !== interval.visitor)
      last = interval;
  }

  return {
    add(interval) {
      if (interval.visitor >= visitorsMax) return;
      const isMeeting = (other: Interval | null) =>
        other !== null &&
        other.visitor !== interval.visitor &&
        other.answered > interval.sent &&
        other.sent < interval.answered;
      let hasMet = isMeeting(last) || isMeeting(lastOfOther);
      open = open.filter((other) => {
        if (!isMeeting(other)) return other.answered > interval.answered - OPEN_MICROSECONDS;
        note(other.visitor, MET);
        hasMet = true;
        return false;
      });
      note(interval.visitor, hasMet ? MET : ALONE);
      if (!hasMet) open.push(interval);
      if (open.length > OPEN_MAX) open.splice(0, OPEN_MAX / 2);
      keepLast(interval);
    },
    ratio: () => (signedUp === 0 ? null : met / signedUp),
  };
}
