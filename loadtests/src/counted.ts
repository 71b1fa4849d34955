/** How many, and of what: `{one|many}` in the words is chosen by the number. */
export function counted(value: number | null | undefined, words: string): string {
  const number = value ?? 0;
  const chosen = words.replace(/\{([^{}|]*)\|([^{}|]*)\}/g, (_, one: string, many: string) =>
    number === 1 ? one : many,
  );
  return `${number.toLocaleString("en")} ${chosen}`;
}
