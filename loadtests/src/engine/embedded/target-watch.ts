import type { RawAnswer } from "../port.ts";

/** Longer than a restart's gap behind most process managers, shorter than anybody's patience. */
const GONE_MICROSECONDS = 5_000_000;
/** A trickle may meet one bad second; a crowd that meets nothing but refused connections has lost its target. */
const REFUSED_MIN = 10;

/** Tells when nobody listens any more: nothing but refused connections for several seconds. */
export function createTargetWatch(onGone: () => void): (answer: RawAnswer) => void {
  let refused = 0;
  let sinceMicroseconds = 0;
  return (answer) => {
    const isRefused = answer.kind === "lost" && answer.reason === "connection-refused";
    if (!isRefused) {
      // Abandoned and timed-out requests say nothing either way.
      if (answer.kind === "answered") refused = 0;
      return;
    }
    if (refused === 0) sinceMicroseconds = answer.times.endedMicroseconds;
    refused++;
    if (refused >= REFUSED_MIN && answer.times.endedMicroseconds - sinceMicroseconds >= GONE_MICROSECONDS) {
      onGone();
    }
  };
}
