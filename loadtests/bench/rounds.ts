/**
 * Measures every variant once a round, forwards and backwards in turn, so that neither a machine that grows slower
 * nor the place in a round favours one. Results by variant, in the order of the rounds: ratios are taken within one.
 */
export async function inRounds<Name extends string, Result>(
  rounds: number,
  names: readonly Name[],
  measure: (name: Name, round: number) => Promise<Result>,
): Promise<Record<Name, Result[]>> {
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) results[name].push(await measure(name, round));
  }
  return results;
}
