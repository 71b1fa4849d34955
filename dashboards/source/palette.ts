/**
 * Okabe and Ito's colours (2008), told apart with every common colour blindness. Their black is grey here: Grafana's
 * dark theme would swallow it. Colour is never alone: each state has a word, and from the ninth line on lines are dashed.
 */
export const PALETTE = {
  blue: "#0072B2",
  orange: "#E69F00",
  bluishGreen: "#009E73",
  reddishPurple: "#CC79A7",
  skyBlue: "#56B4E9",
  yellow: "#F0E442",
  vermillion: "#D55E00",
  grey: "#999999",
} as const;

/** What a colour says, the same on every dashboard. */
export const GOOD = PALETTE.bluishGreen;
export const LOOK = PALETTE.orange;
export const BAD = PALETTE.vermillion;
export const PLAIN = PALETTE.skyBlue;
/** Nothing is known: not good either. */
export const UNKNOWN = PALETTE.grey;

/** For lines that are neither good nor bad, in the order in which they are given out. */
export const LINE_COLOURS: readonly string[] = Object.values(PALETTE);
