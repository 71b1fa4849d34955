/** Counts how often a ticket was used, of the latest ones only: what it forgets, the database still knows. */
export function createUseCount(ticketsMax: number): (number: Buffer) => number {
  const uses = new Map<string, number>();
  return (number) => {
    const name = number.toString("latin1");
    const count = (uses.get(name) ?? 0) + 1;
    uses.delete(name);
    uses.set(name, count);
    if (uses.size > ticketsMax) uses.delete(uses.keys().next().value ?? "");
    return count;
  };
}
