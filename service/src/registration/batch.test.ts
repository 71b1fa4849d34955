import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createBatch } from "./batch.ts";

/** A database that takes so long for each batch, by a clock of its own, and the batches that it was given. */
function batchOf(tookMs: number) {
  const batches: number[] = [];
  let nowMs = 0;
  const enqueue = createBatch<object, number>(
    {
      rowsMax: 100,
      batchesMax: 2,
      shareAboveMs: 20,
      isStillWanted: () => true,
      droppedError: () => new Error("dropped"),
      async run(items) {
        batches.push(items.length);
        const doneMs = nowMs + tookMs;
        // Not before the other batch of the same moment is under way too, one turn later.
        await nextTurn();
        await nextTurn();
        nowMs = Math.max(nowMs, doneMs);
        return new Map(items.map((item, at) => [item, at]));
      },
    },
    { nowMs: () => nowMs },
  );
  const together = (count: number) => Promise.all(Array.from({ length: count }, () => enqueue({})));
  return { batches, together };
}

test("those of one moment share a batch", async () => {
  const { batches, together } = batchOf(20);
  await together(8);
  await together(9);
  expect(batches).toEqual([8, 9]);
});

test("where a batch is slow they are shared out over all that may be under way, and come back as they went", async () => {
  const { batches, together } = batchOf(21);
  await together(8);
  await together(8);
  await together(9);
  expect(batches).toEqual([8, 4, 4, 5, 4]);
});
