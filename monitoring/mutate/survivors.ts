/** Mutants that no story can tell from the rule, and why; by their ids. The command fails for one that is not here. */
export const SURVIVORS: readonly { readonly reason: string; readonly mutants: readonly string[] }[] = [];
