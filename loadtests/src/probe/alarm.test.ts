import { expect, it } from "vitest";
import { PROBE_CHECKS } from "../../../monitoring/catalogue/closed-sets.ts";
import { createAlarm, isStopping } from "./alarm.ts";
import { EPISODE_SECONDS } from "./limits.ts";

const EPISODE_MS = EPISODE_SECONDS * 1e3;

it("stops the campaign once for an episode, whatever is found in it", () => {
  const alarm = createAlarm();
  const news = [0, 10, EPISODE_MS - 1].map((atMs) => alarm.add("reads-own", 1, atMs).isNewEpisode);
  expect(news).toEqual([true, false, false]);
  expect(alarm.add("ids-unique", 3, EPISODE_MS).isNewEpisode).toBe(false);
});

it("begins another episode after a silence", () => {
  const alarm = createAlarm();
  alarm.add("reads-own", 1, 0);
  expect(alarm.add("reads-own", 2, EPISODE_MS)).toEqual({
    isNewEpisode: true,
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
  expect(alarm.add("responses-private", 1, 0).isNewEpisode).toBe(false);
  expect(alarm.add("reads-own", 1, 1).isNewEpisode).toBe(true);
});
