import type { Halt, HaltCause } from "../halt/campaign-state.ts";
import type { AlertPush } from "./alert-push.ts";
import type { AlarmKind } from "./anomaly-alert.ts";

/** What an anomaly sets off, at once and in the process that saw it: the halt, and the page. */
export type RaiseAlarm = (cause: AlarmCause) => void;

export type AlarmCause = Omit<HaltCause, "actor" | "credential"> & {
  readonly kind: AlarmKind;
  readonly by: "guard" | "auditor";
};

/** Nothing older than the last reopening halts again, or pages again; what pages when the campaign reopens is over. */
export function createAlarm(
  halt: Pick<Halt, "trip" | "watch">,
  push: Pick<AlertPush, "tell" | "endAll">,
): RaiseAlarm {
  let wasOpen = false;
  halt.watch(({ phase }) => {
    const isOpen = phase === "open";
    // Whatever was told here before was written as a halt, or was older than this reopening.
    if (isOpen && !wasOpen) push.endAll();
    wasOpen = isOpen;
  });
  return ({ kind, ...cause }) => {
    const isNews = halt.trip(cause);
    if (isNews) push.tell({ kind, by: cause.by, atMs: cause.atMs });
  };
}
