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
  const ask = async (what: string) => {
    if (stopUrl === null) return;
    await http.asyncRequest("GET", `${stopUrl}/${what}/${vu}`, null, {
      timeout: HELD_MS,
      responseCallback: null as never,
      jar: new http.CookieJar(),
    });
  };

  const held = stopUrl === null ? Promise.resolve() : ask("hold").then(stop);
  return {
    isStopped: () => isStopped,
    onStop(toCall) {
      listener = toCall;
    },
    tellGone() {
      if (isStopped) return;
      void ask("gone");
      stop();
    },
    async leave() {
      isLeaving = true;
      if (!isStopped) await ask("leave");
      await held;
    },
  };
}
