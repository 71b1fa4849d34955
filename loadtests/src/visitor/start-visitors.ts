import { driveVisitor, prepareVisitor, type ReadyVisitor } from "./drive-visitor.ts";
import type { EngineContext } from "./engine-context.ts";

/** Prepared ahead of their time: a person costs HMACs, some 0.1 ms in Node and more in k6. */
const PREPARED_MAX = 256;
const PREPARE_AHEAD_MICROSECONDS = 250_000;
/** So much time before the next who is due, for each microsecond that preparing the last one took: some take twice as long. */
const SPARE_FACTOR = 2;
/** At first, and at most: one stop of the collector must not end preparing for good. */
const SPARE_MICROSECONDS_MAX = 2_000;

/**
 * The open loop, the same for both engines: starts each of these visitors (numbers in order of their due times) when
 * due, never waits for one, and resolves when all have ended. Once `port.isStopped()` nobody else is started.
 * In k6 a VU takes the visitors whose `arrivals.group % vus` is its own. Rejects at once for a bug of ours, which must
 * not pass for a visitor who ended.
 */
export async function startVisitors(context: EngineContext, visitors: readonly number[]): Promise<void> {
  let fail: (cause: unknown) => void = () => {};
  // Promise.withResolvers is not there in k6.
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  await Promise.race([failed, runVisitors(context, visitors, fail)]);
}

async function runVisitors(
  context: EngineContext,
  visitors: readonly number[],
  fail: (cause: unknown) => void,
): Promise<void> {
  const { port, plan } = context;
  let underWay = 0;
  let allEnded = () => {};
  const prepared: ReadyVisitor[] = [];
  let next = 0;
  let spareMicroseconds = SPARE_MICROSECONDS_MAX;
  const dueOf = (index: number) => plan.arrivals.dueMicroseconds[visitors[index] ?? -1] ?? Infinity;

  /** Fills idle time with one visitor of those who are due soon; false where there is nothing to do. */
  const prepareOne = (): boolean => {
    const index = next + prepared.length;
    const now = port.nowMicroseconds();
    if (prepared.length >= PREPARED_MAX || dueOf(index) > now + PREPARE_AHEAD_MICROSECONDS) return false;
    if (dueOf(next) < now + spareMicroseconds) return false;
    prepared.push(prepareVisitor(context, visitors[index] as number));
    const tookMicroseconds = port.nowMicroseconds() - now;
    spareMicroseconds = Math.min(
      SPARE_MICROSECONDS_MAX,
      (spareMicroseconds + tookMicroseconds * SPARE_FACTOR) / 2,
    );
    return true;
  };

  const end = () => {
    underWay--;
    if (underWay === 0) allEnded();
  };
  const start = (ready: ReadyVisitor) => {
    underWay++;
    driveVisitor(context, ready).then(end, fail);
  };

  while (next < visitors.length && !port.isStopped()) {
    const dueMicroseconds = dueOf(next);
    if (dueMicroseconds <= port.nowMicroseconds()) {
      start(prepared.shift() ?? prepareVisitor(context, visitors[next] as number));
      next++;
    } else if (!prepareOne()) {
      await port.sleepUntil(wakeFor(port.nowMicroseconds(), dueMicroseconds));
    }
  }
  await new Promise<void>((resolve) => {
    allEnded = resolve;
    if (underWay === 0) resolve();
  });
  await context.controls.finish();
}

/** Wakes ahead of the next who is due as well, so that they are prepared in time. */
function wakeFor(nowMicroseconds: number, dueMicroseconds: number): number {
  const aheadMicroseconds = dueMicroseconds - PREPARE_AHEAD_MICROSECONDS;
  return aheadMicroseconds > nowMicroseconds ? aheadMicroseconds : dueMicroseconds;
}
