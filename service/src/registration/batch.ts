import { REAL_TIMING, type Timing } from "../admission/timing.ts";

/** Gathers what arrives in one moment, and while earlier batches are under way, into one call of `run`. */
export type Enqueue<Item, Result> = (item: Item) => Promise<Result>;

export interface BatchOptions<Item, Result> {
  readonly rowsMax: number;
  /** Batches under way at once. What is gathered meanwhile has no limit here: admission is that limit. */
  readonly batchesMax: number;
  /**
   * Where a batch takes longer, in milliseconds, it is its rows that take it: then those who come in one moment are
   * shared out over all batches that may be under way, for they would all come back, and come again, in one moment,
   * and one batch alone would be under way for ever. Below it one is cheaper than two.
   */
  readonly shareAboveMs: number;
  /** Asked when the item's batch begins: whoever is not wanted any more is left out and rejected by `droppedError`. */
  isStillWanted(item: Item): boolean;
  droppedError(item: Item): Error;
  /** One result for each item, found by the item itself; where it is a promise, the others do not wait for it. */
  run(items: readonly Item[]): Promise<ReadonlyMap<Item, Result | PromiseLike<Result>>>;
}

interface Entry<Item, Result> {
  readonly item: Item;
  resolve(result: Result | PromiseLike<Result>): void;
  reject(error: unknown): void;
}

export function createBatch<Item, Result>(
  options: BatchOptions<Item, Result>,
  { nowMs }: Pick<Timing, "nowMs"> = REAL_TIMING,
): Enqueue<Item, Result> {
  const gathered: Entry<Item, Result>[] = [];
  let underWay = 0;
  let isScheduled = false;
  let tookMs = 0;

  function schedule(): void {
    if (isScheduled || underWay >= options.batchesMax || gathered.length === 0) return;
    isScheduled = true;
    // After this turn of the event loop, so that everybody whose bytes came with this poll is in the same batch.
    setImmediate(() => {
      isScheduled = false;
      const entries = takeWanted();
      if (entries.length === 0) return;
      underWay += 1;
      const startedMs = nowMs();
      void settle(entries, options.run).finally(() => {
        underWay -= 1;
        tookMs = nowMs() - startedMs;
        schedule();
      });
      schedule();
    });
  }

  /** Whoever is left out makes room: a batch is full as long as somebody waits for it. */
  function takeWanted(): Entry<Item, Result>[] {
    const entries: Entry<Item, Result>[] = [];
    let taken = 0;
    const parts = tookMs > options.shareAboveMs ? options.batchesMax - underWay : 1;
    const rowsMax = Math.min(options.rowsMax, Math.ceil(gathered.length / parts));
    while (taken < gathered.length && entries.length < rowsMax) {
      const entry = gathered[taken] as Entry<Item, Result>;
      taken += 1;
      if (options.isStillWanted(entry.item)) entries.push(entry);
      else entry.reject(options.droppedError(entry.item));
    }
    gathered.splice(0, taken);
    return entries;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      gathered.push({ item, resolve, reject });
      schedule();
    });
}

async function settle<Item, Result>(
  entries: readonly Entry<Item, Result>[],
  run: BatchOptions<Item, Result>["run"],
): Promise<void> {
  try {
    const results = await run(entries.map((entry) => entry.item));
    for (const { item, resolve, reject } of entries) {
      const result = results.get(item);
      if (result === undefined) reject(new Error("a batch gave no result for one of its items"));
      else resolve(result);
    }
  } catch (error) {
    for (const { reject } of entries) reject(error);
  }
}
