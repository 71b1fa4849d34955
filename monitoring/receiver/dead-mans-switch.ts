/** What is heard while everything is well, and the time since it was heard last. Pure: time is passed in, in seconds. */
export interface DeadMansSwitch {
  /** The watchdog was told. A mark that is there but has not moved on is an echo: Alertmanager repeats what Prometheus said last. */
  hear(nowSeconds: number, mark: string | undefined): void;
  /** `silent` when it is time to shout, again each minute; `heard` once when the silence is over. */
  look(nowSeconds: number): "silent" | "heard" | undefined;
  isSilent(): boolean;
  secondsSince(nowSeconds: number): number;
}

export interface SwitchOptions {
  readonly startedSeconds: number;
  readonly silenceSecondsMax: number;
  /** How long the first word may take: Prometheus needs its time to start. */
  readonly firstWordSecondsMax: number;
}

const SHOUT_AGAIN_SECONDS = 60;

export function createDeadMansSwitch(options: SwitchOptions): DeadMansSwitch {
  const { startedSeconds, silenceSecondsMax, firstWordSecondsMax } = options;
  let lastSeconds = startedSeconds;
  let lastMark: string | undefined;
  let allowedSeconds = firstWordSecondsMax;
  let shoutedSeconds: number | undefined;
  const secondsSince = (nowSeconds: number) => nowSeconds - lastSeconds;
  return {
    hear(nowSeconds, mark) {
      if (mark !== undefined && mark === lastMark) return;
      lastMark = mark;
      lastSeconds = nowSeconds;
      allowedSeconds = silenceSecondsMax;
    },
    look(nowSeconds) {
      if (secondsSince(nowSeconds) <= allowedSeconds) {
        const wasSilent = shoutedSeconds !== undefined;
        shoutedSeconds = undefined;
        return wasSilent ? "heard" : undefined;
      }
      if (shoutedSeconds !== undefined && nowSeconds - shoutedSeconds < SHOUT_AGAIN_SECONDS) return undefined;
      shoutedSeconds = nowSeconds;
      return "silent";
    },
    isSilent: () => shoutedSeconds !== undefined,
    secondsSince,
  };
}
