import type { Event } from "./event.ts";

/** An answer or a mail with somebody else's data; what the control was shown was made for it. */
export function isExposure(event: Event): boolean {
  const shows = event.type === "request" || (event.type === "observation" && event.kind === "mail");
  return shows && event.control === null && event.foreign.length > 0;
}
