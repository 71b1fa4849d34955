import { styleText } from "node:util";

/** Colours a piece of text, or leaves it as it is where the terminal wants none. */
export type Paint = (style: "cyan" | "yellow" | "dim" | "bold" | "green" | "red", text: string) => string;

export function createPaint(color: boolean): Paint {
  return (style, text) => (color && text !== "" ? styleText(style, text, { validateStream: false }) : text);
}
