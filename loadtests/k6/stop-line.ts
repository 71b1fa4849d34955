import exec from "k6/execution";
import http from "k6/http";

export interface StopLine {
  isStopped(): boolean;
  onStop(listener: () => void): void;
  /** The target is gone: everybody is to stop, this VU at once. */
  tellGone(): void;
  /** The VU has ended by itself; k6 would otherwise wait for the answer that never comes. */
  leave(): Promise<void>;
}

/** A day: longer than any plan; without it k6 would give up after a minute. */
const HELD_MS = 86_400_000;
/** For visitors to write that they were cut short. */
const CUT_SHORT_MS = 1_000;

/**
 * Nothing outside can steer a running k6, but a request of its own can wait for an answer: the one who started the run
 * answers when it is to stop, so that visitors under way end as cut short and every arrival has its done. Where the
 * starter was killed the connection breaks, which means the same: no run outlives who asked for it.
 */
export function followStopLine(stopUrl: string | null, vu: number): StopLine {
  let isStopped = false;
  let isLeaving = false;
  let listener = () => {};
  const stop = () => {
    if (isLeaving || isStopped) return;
    isStopped = true;
    listener();
  };
  /** False where nobody answered. */
  const ask = async (what: string) => {
    const answer = await http.asyncRequest("GET", `${stopUrl}/${what}/${vu}`, null, {
      timeout: HELD_MS,
      responseCallback: null as never,
      jar: new http.CookieJar(),
    });
    return answer.status !== 0;
  };
  const hold = async () => {
    const isAnswered = await ask("hold");
    if (isLeaving) return;
    stop();
    // Answers that are still out would keep k6 alive for their whole time-out, with nobody there to end it.
    if (!isAnswered)
      setTimeout(() => exec.test.abort("the process that started this run is gone"), CUT_SHORT_MS);
  };

  const held = stopUrl === null ? Promise.resolve() : hold();
  return {
    isStopped: () => isStopped,
    onStop(toCall) {
      listener = toCall;
    },
    tellGone() {
      if (isStopped) return;
      if (stopUrl !== null) void ask("gone");
      stop();
    },
    async leave() {
      isLeaving = true;
      if (stopUrl !== null && !isStopped) await ask("leave");
      await held;
    },
  };
}
