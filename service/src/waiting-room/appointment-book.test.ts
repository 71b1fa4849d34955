import { expect, test } from "vitest";
import { type DoorReport, openAppointmentBook } from "./appointment-book.ts";

const DOOR: DoorReport = { door: 1, perSecond: 100, holderWaitMs: 0, isIdle: true, share: 1 };

test("a door that has been silent for too long is no part of the pace, from the first report after that", async () => {
  let nowMs = 1_800_000_000_000;
  const book = await openAppointmentBook({
    store: { load: async () => undefined, save: async () => {} },
    clock: () => nowMs,
    onSaveError(error) {
      throw error;
    },
  });
  await book.report({ ...DOOR, door: 2, holderWaitMs: 1_000, isIdle: false });
  nowMs += 2_000;
  expect(await book.report(DOOR)).toMatchObject({ perSecond: 180, isHeld: true, isIdle: false });
  nowMs += 1;
  expect(await book.report(DOOR)).toMatchObject({ perSecond: 90, isHeld: false, isIdle: true });
  await book.close();
});
