import { randomInt } from "node:crypto";
import { createLine, type LineState, type Span } from "./line.ts";

/** The line of everybody who waits, once for all workers: it lives in their parent, or in the one process there is. */
export interface AppointmentBook {
  reserve(request: Reservation): Promise<Span>;
  /** What one door measured, several times a second; the answer is where the line stands. */
  report(report: DoorReport): Promise<LineState>;
}

export interface Reservation {
  readonly count: number;
  /** In an empty line the first appointment is no sooner than this. */
  readonly leadMs: number;
}

export interface DoorReport {
  /** The worker whose door it is. */
  readonly door: number;
  /** Signups a second that it completes when it is full. */
  readonly perSecond: number;
  readonly holderWaitMs: number;
  readonly isIdle: boolean;
  /** Share of newcomers let in now, below 1 while a campaign reopens. */
  readonly share: number;
}

/** Kept so that a restart does not promise the same time twice. */
export interface BookStore {
  load(): Promise<SavedLine | undefined>;
  save(line: SavedLine): Promise<void>;
}

export interface SavedLine extends Pick<LineState, "book" | "nextMs" | "stoodMs" | "perSecond"> {
  /** How long ago it was saved, by the clock of the database. */
  readonly ageSeconds: number;
}

/** The book in the process that keeps it. */
export interface KeptBook extends AppointmentBook {
  look(): LineState;
  /** Saves where the line stands; the next keeper goes on from there. */
  close(): Promise<void>;
}

/**
 * Share of the measured rate that is given out as appointments. The rest goes to newcomers, and keeps the holders' queue
 * short: at 0.9 and 40 signups a second a holder on time queues 0.1 s on average (M/D/1: ρ / 2(1 − ρ) × 25 ms), at 1 for ever longer.
 */
const BOOKED_SHARE = 0.9;
/** Holders who queue longer than this mean that the line was called too fast. */
const HELD_WAIT_MS = 500;
/** A door that has said nothing for this long is gone, with its capacity. */
const DOOR_SILENCE_MS = 2_000;
/** Before any door has reported; as slow as a door that has measured nothing. */
const PER_SECOND_UNKNOWN = 18;
const SAVE_EVERY_MS = 1_000;
/** What is saved is ahead by so many times what was given since the save before, so that a crash in between gives no time twice. */
const AHEAD_TIMES = 2;
/** A line that nobody kept for longer than this has nobody left in it whose ticket is good. */
const FORGOTTEN_SECONDS = 900;

export interface BookOptions {
  readonly store: BookStore;
  readonly clock: () => number;
  onSaveError(error: unknown): void;
}

export async function openAppointmentBook({ store, clock, onSaveError }: BookOptions): Promise<KeptBook> {
  const line = createLine(startOf(await store.load()), clock());
  const doors = new Map<number, DoorReport & { readonly atMs: number }>();
  let saved: Promise<void> = Promise.resolve();
  let isSaving = false;
  let savedNextMs = line.look(clock()).nextMs;

  function paceOf(nowMs: number) {
    let perSecond = 0;
    let holderWaitMs = 0;
    let isIdle = true;
    for (const [door, report] of doors) {
      if (nowMs - report.atMs > DOOR_SILENCE_MS) {
        doors.delete(door);
        continue;
      }
      perSecond += report.perSecond * report.share * BOOKED_SHARE;
      holderWaitMs = Math.max(holderWaitMs, report.holderWaitMs);
      isIdle &&= report.isIdle;
    }
    return { perSecond, isHeld: holderWaitMs > HELD_WAIT_MS, isIdle };
  }

  async function save(aheadTimes: number): Promise<void> {
    const { book, nextMs, stoodMs, perSecond } = line.look(clock());
    const aheadMs = Math.max(0, nextMs - savedNextMs) * aheadTimes;
    savedNextMs = nextMs;
    // Nobody waits: there is nothing ahead that could be promised twice.
    const isAhead = nextMs > clock() - stoodMs;
    await store.save({
      book,
      nextMs: isAhead ? nextMs + aheadMs : nextMs,
      stoodMs,
      perSecond,
      ageSeconds: 0,
    });
  }

  const saving = setInterval(() => {
    if (isSaving) return;
    isSaving = true;
    saved = save(AHEAD_TIMES)
      .catch(onSaveError)
      .finally(() => {
        isSaving = false;
      });
  }, SAVE_EVERY_MS).unref();

  return {
    async reserve({ count, leadMs }) {
      return line.reserve(count, leadMs, clock());
    },
    async report(report) {
      const nowMs = clock();
      doors.set(report.door, { ...report, atMs: nowMs });
      line.pace(paceOf(nowMs), nowMs);
      return line.look(nowMs);
    },
    look: () => line.look(clock()),
    async close() {
      clearInterval(saving);
      await saved;
      await save(0).catch(onSaveError);
    },
  };
}

function startOf(saved: SavedLine | undefined): LineState {
  const fresh = { isHeld: false, isIdle: false, speed: 1 };
  if (saved === undefined)
    return { ...fresh, book: randomInt(2 ** 32), nextMs: 0, stoodMs: 0, perSecond: PER_SECOND_UNKNOWN };
  const { book, perSecond, stoodMs, ageSeconds } = saved;
  // Who was due while the service was down comes late: the clock stands as soon as they queue.
  const nextMs = ageSeconds > FORGOTTEN_SECONDS ? 0 : saved.nextMs;
  return { ...fresh, book, nextMs, stoodMs, perSecond };
}
