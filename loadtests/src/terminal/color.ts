import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** The one door to colours: without them every function returns its text as it is. */
export const createColors = (isOn: boolean): Colors => picocolors.createColors(isOn);

/** https://no-color.org: any value that is not empty; a file or a pipe is never coloured unless FORCE_COLOR asks. */
export function hasColor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
