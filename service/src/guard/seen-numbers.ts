/** The numbers this process has let out lately, and to which identity. */
export interface SeenNumbers {
  /** False where the number was seen before with another identity. */
  note(number: string, identityMac: string): boolean;
}

/**
 * 12 bytes a slot, 1.5 MiB in all. Serials come one after another, so each of the latest 131,072 has a slot of its own.
 * It cannot raise a false alarm: the whole serial is kept, and one person has one identity MAC. It can miss: a number
 * that was pushed out, another worker's, or an identity that agrees in 32 bits (one duplicate in 4.3 · 10⁹).
 */
const SLOTS = 131_072;

export function createSeenNumbers(): SeenNumbers {
  const serials = new Float64Array(SLOTS);
  const identities = new Uint32Array(SLOTS);
  return {
    note(number, identityMac) {
      const serial = Number(number.slice(0, 10));
      const identity = Number.parseInt(identityMac.slice(0, 8), 16);
      const slot = serial % SLOTS;
      if (serials[slot] === serial) return identities[slot] === identity;
      serials[slot] = serial;
      identities[slot] = identity;
      return true;
    },
  };
}
