import { describe, expect, it } from "vitest";
import { showFigure, writePage } from "./bench-page.ts";
import type { Figure } from "./figure.ts";

const figure: Figure = {
  name: "speed",
  title: "how fast",
  explanation: "This against that.",
  measure: async () => ({ tables: [], goals: [], notes: [] }),
};

describe("a figure's section", () => {
  const section = showFigure(
    figure,
    {
      tables: [{ columns: ["what", "per second"], rows: [["this", "5"]] }],
      goals: [
        { wanted: "at least 4", measured: "5", reached: "yes", inTheWay: "nothing" },
        { wanted: "at least 6", measured: "5", reached: "no", inTheWay: "that." },
        { wanted: "at least 7", measured: "5", reached: "unknown", inTheWay: "that." },
      ],
      notes: [],
    },
    "2 cores",
  );

  it("says how to measure it again, and where it was measured", () => {
    expect(section).toContain("`npm run bench -- speed` · 2 cores");
  });

  it("says what is in the way of a goal that was missed, and of no other", () => {
    expect(section).toContain("| at least 6 | 5 | **no** |");
    expect(section).toContain("In the way of *at least 6*, *at least 7*: that.");
    expect(section).not.toContain("nothing");
  });
});

describe("the page", () => {
  const sections = (...names: string[]) => new Map(names.map((name) => [name, `## ${name}: new\n`]));
  const order = ["speed", "memory"];

  it("keeps the section of a figure that was not measured now", () => {
    const page = writePage("", order, new Map([["memory", "## memory: old\n\n| a |\n"]]));
    expect(writePage(page, order, sections("speed"))).toBe(
      `${writePage("", order, sections("speed"))}\n## memory: old\n\n| a |\n`,
    );
  });

  it("replaces a section, and drops one that is no figure any more", () => {
    const page = writePage("", [...order, "gone"], sections("speed", "memory", "gone"));
    const written = writePage(page, order, new Map([["speed", "## speed: newer\n"]]));
    expect(written.match(/^## .*/gm)).toEqual(["## speed: newer", "## memory: new"]);
  });

  it("is the same when it is written again", () => {
    const page = writePage("", order, sections("speed", "memory"));
    expect(writePage(page, order, new Map())).toBe(page);
  });
});
