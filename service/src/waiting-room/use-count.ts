/** How often each ticket opened the door, of the latest ones only: what it forgets, the database still knows. */
export interface UseCount {
  /** The count with this use. */
  add(number: Buffer): number;
  /** That use did not come about. */
  remove(number: Buffer): void;
}

export function createUseCount(ticketsMax: number): UseCount {
  const uses = new Map<string, number>();
  const change = (number: Buffer, by: number): number => {
    const name = number.toString("latin1");
    const count = (uses.get(name) ?? 0) + by;
    // Deleted first, so that the oldest in the map is the one that was used longest ago.
    uses.delete(name);
    if (count > 0) uses.set(name, count);
    if (uses.size > ticketsMax) uses.delete(uses.keys().next().value ?? "");
    return count;
  };
  return { add: (number) => change(number, 1), remove: (number) => void change(number, -1) };
}
