import { expect, it } from "vitest";
import { PROBE_CHECKS } from "../../../monitoring/catalogue/closed-sets.ts";
import { createAlarm, isStopping } from "./alarm.ts";
import { EPISODE_SECONDS, STOP_AGAIN_SECONDS } from "./limits.ts";

const EPISODE_MS = EPISODE_SECONDS * 1e3;

it("stops the campaign once in five minutes, whatever is found in them", () => {
  const alarm = createAlarm();
  const stops = [0, 10, EPISODE_MS - 1].map((atMs) => alarm.add("reads-own", 1, atMs).isToBeStopped);
  expect(stops).toEqual([true, false, false]);
});

it("stops the campaign again while it goes on to leak: people may have reopened it", () => {
  const alarm = createAlarm();
  const minutes = Array.from({ length: 12 }, (_, minute) => minute);
  const stops = minutes.filter((minute) => alarm.add("reads-own", 1, minute * 60_000).isToBeStopped);
  expect(stops).toEqual([0, 5, 10]);
  expect(alarm.going(11 * 60_000)).toMatchObject([{ firstAtMs: 0, times: 12 }]);
});

it("stops the campaign again soon after nothing stopped it", () => {
  const alarm = createAlarm();
  alarm.add("reads-own", 1, 0);
  alarm.noteNotStopped(1_000);
  const againMs = 1_000 + STOP_AGAIN_SECONDS * 1e3;
  const stops = [againMs - 1, againMs, againMs + 1].map(
    (atMs) => alarm.add("ids-unique", 1, atMs).isToBeStopped,
  );
  expect(stops).toEqual([false, true, false]);
});

it("begins another episode after a silence", () => {
  const alarm = createAlarm();
  alarm.add("reads-own", 1, 0);
  expect(alarm.add("reads-own", 2, EPISODE_MS)).toEqual({
    isToBeStopped: true,
    seen: { check: "reads-own", firstAtMs: EPISODE_MS, lastAtMs: EPISODE_MS, times: 2 },
  });
});

it("goes on for an episode's length after the last thing found, each check for itself", () => {
  const alarm = createAlarm();
  alarm.add("reads-own", 1, 0);
  alarm.add("acks-durable", 1, 1_000);
  alarm.add("reads-own", 4, 2_000);
  expect(alarm.going(EPISODE_MS + 1_500)).toEqual([
    { check: "reads-own", firstAtMs: 0, lastAtMs: 2_000, times: 5 },
  ]);
  expect(alarm.going(EPISODE_MS + 2_000)).toEqual([]);
});

it("closes nothing for a header or a dishonest refusal", () => {
  expect(PROBE_CHECKS.filter((check) => !isStopping(check))).toEqual([
    "refusals-honest",
    "responses-private",
  ]);
  const alarm = createAlarm();
  expect(alarm.add("responses-private", 1, 0).isToBeStopped).toBe(false);
  expect(alarm.add("reads-own", 1, 1).isToBeStopped).toBe(true);
});
