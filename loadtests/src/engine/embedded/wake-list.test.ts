import fc from "fast-check";
import { expect, test } from "vitest";
import { createWakeList } from "./wake-list.ts";

test("wakes everybody whose time has come, earliest first, and nobody else", () => {
  const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 50 }), (due, until) => {
      const list = createWakeList();
      const woken: number[] = [];
      for (const time of due) list.add(time, () => woken.push(time));
      list.wakeUntil(until);
      const sorted = [...due].sort((one, other) => one - other);
      expect(woken).toEqual(sorted.filter((time) => time <= until));
      expect(list.nextMicroseconds()).toBe(sorted.find((time) => time > until) ?? Infinity);
      list.wakeUntil(Infinity);
      expect(woken).toEqual(sorted);
    }),
  );
});
