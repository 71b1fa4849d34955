import { describe, expect, it } from "vitest";
import { createDeadMansSwitch } from "./dead-mans-switch.ts";

const create = () =>
  createDeadMansSwitch({ startedSeconds: 0, silenceSecondsMax: 10, firstWordSecondsMax: 60 });

describe("the dead-man's switch", () => {
  it("waits for the first word as long as Prometheus may take to start, then shouts", () => {
    const deadMans = create();
    expect(deadMans.look(60)).toBeUndefined();
    expect(deadMans.look(60.1)).toBe("silent");
  });

  it("shouts once the silence is longer than allowed, again each minute, and not in between", () => {
    const deadMans = create();
    deadMans.hear(5, "1");
    expect([15, 15.1, 15.4, 75, 75.2, 80].map((second) => deadMans.look(second))).toEqual([
      undefined,
      "silent",
      undefined,
      undefined,
      "silent",
      undefined,
    ]);
  });

  it("says once that it hears again, and then shouts anew for a new silence", () => {
    const deadMans = create();
    deadMans.hear(1, "1");
    expect(deadMans.look(12)).toBe("silent");
    expect(deadMans.isSilent()).toBe(true);
    deadMans.hear(13, "2");
    expect([13.1, 13.2, 24].map((second) => deadMans.look(second))).toEqual(["heard", undefined, "silent"]);
  });

  it("takes what Alertmanager repeats of a Prometheus that is gone for silence", () => {
    const deadMans = create();
    for (const second of [1, 3, 5, 7, 9, 11]) deadMans.hear(second, "said at 1");
    expect(deadMans.secondsSince(11)).toBe(10);
    expect(deadMans.look(11.1)).toBe("silent");
  });

  it("believes each word of a watchdog that says no time", () => {
    const deadMans = create();
    for (const second of [1, 3, 5, 7, 9, 11]) deadMans.hear(second, undefined);
    expect(deadMans.look(20)).toBeUndefined();
    expect(deadMans.look(21.1)).toBe("silent");
  });
});
