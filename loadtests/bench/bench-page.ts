import type { Figure, Goal, Measured, Table } from "./figure.ts";

const HEAD = `# Numbers

Written by \`npm run bench -- --write docs/bench.md\`; what is compared was measured side by side in one run.
Absolute numbers belong to the machine and the moment. Where there are rounds, a cell says median (lowest–highest).
`;

/** One figure as a section: what was compared, on what machine, the table, the goals, and how to measure it again. */
export function showFigure(figure: Figure, measured: Measured, circumstances: string): string {
  const goals = measured.goals.map(
    ({ wanted, measured: found, reached }) =>
      [wanted, found, reached === "yes" ? reached : `**${reached}**`] as string[],
  );
  const missed = measured.goals.filter(({ reached }) => reached !== "yes");
  const parts = [
    `## ${figure.name}: ${figure.title}`,
    figure.explanation,
    ...measured.tables.map(showTable),
    ...(goals.length === 0 ? [] : [showTable({ columns: ["goal", "measured", "reached"], rows: goals })]),
    ...[...new Set(missed.map(({ inTheWay }) => inTheWay))].flatMap((inTheWay) =>
      inTheWay === undefined ? [] : [`In the way of ${showWanted(missed, inTheWay)}: ${inTheWay}`],
    ),
    ...measured.notes,
    `\`npm run bench -- ${figure.name}\` · ${circumstances}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function showWanted(missed: readonly Goal[], inTheWay: string): string {
  const goals = missed.filter((goal) => goal.inTheWay === inTheWay);
  return goals.map(({ wanted }) => `*${wanted}*`).join(", ");
}

export function showTable({ columns, rows }: Table): string {
  const lines = [columns, columns.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * The page with these figures in it, in the given order. Figures that were not measured now keep the section they had;
 * one that is no figure any more goes.
 */
export function writePage(
  page: string,
  order: readonly string[],
  sections: ReadonlyMap<string, string>,
): string {
  const kept = new Map(
    page.split(/^(?=## )/m).map((section) => [/^## ([\w-]+):/.exec(section)?.[1] ?? "", section] as const),
  );
  const all = order.map((name) => sections.get(name) ?? kept.get(name)).filter((text) => text !== undefined);
  return [HEAD, ...all.map((text) => `${text.trimEnd()}\n`)].join("\n");
}
