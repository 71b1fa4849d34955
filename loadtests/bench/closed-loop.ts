/**
 * Visitors of the embedded engine as fast as they go, in a process of its own, so that each measurement begins with an
 * empty heap and its CPU time is nobody else's. Started by `npm run bench -- recording` alone.
 */

import { nodePrimitives } from "../src/engine/embedded/node-primitives.ts";
import { createRunClock } from "../src/engine/embedded/run-clock.ts";
import { createSender } from "../src/engine/embedded/sender.ts";
import type { EnginePort } from "../src/engine/port.ts";
import { openHistoryFile } from "../src/events/history-file.ts";
import { createEngineContext } from "../src/visitor/create-engine-context.ts";
import { driveVisitor, prepareVisitor } from "../src/visitor/drive-visitor.ts";
import type { EngineContext } from "../src/visitor/engine-context.ts";
import { plainSignupPlan } from "./plain-signup-plan.ts";

export interface ClosedLoopOrder {
  url: string;
  dir: string;
  visitors: number;
  /** Events are written to `dir`, as by the engine. */
  isRecorded: boolean;
  /** Answers are searched for canaries. */
  isScanned: boolean;
}

export interface ClosedLoopReport {
  visitorsPerSecond: number;
  /** Of the generator, for one visitor. */
  cpuMicroseconds: number;
}

/** More than both cores can work on, less than makes the server's queue the subject. */
const AT_ONCE = 32;
const WARM_UP_SHARE = 0.25;

process.once("message", (order: ClosedLoopOrder) => {
  void measure(order).then((report) => process.send?.(report, () => process.disconnect?.()));
});

async function measure(order: ClosedLoopOrder): Promise<ClosedLoopReport> {
  const { visitors } = order;
  const first = Math.floor(visitors * WARM_UP_SHARE);
  const { context, close } = await openEngine(order);
  let startedMs = 0;
  let cpu = process.cpuUsage();
  let next = 0;
  const visitOneByOne = async () => {
    while (next < visitors) {
      if (next === first) {
        startedMs = performance.now();
        cpu = process.cpuUsage();
      }
      await driveVisitor(context, prepareVisitor(context, next++));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitOneByOne));
  // What still waits to be written is part of the price.
  await close();
  const seconds = (performance.now() - startedMs) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return {
    visitorsPerSecond: (visitors - first) / seconds,
    cpuMicroseconds: (user + system) / (visitors - first),
  };
}

async function openEngine(
  order: ClosedLoopOrder,
): Promise<{ context: EngineContext; close(): Promise<void> }> {
  const plan = plainSignupPlan({
    url: order.url,
    dueMicroseconds: Array.from({ length: order.visitors }, () => 0),
    durationSeconds: 1,
    betweenSteps: { kind: "constant", seconds: 0 },
  });
  const clock = createRunClock();
  const sender = createSender(plan.target, clock.nowMicroseconds);
  const history = order.isRecorded ? await openHistoryFile(order.dir) : null;
  const port: EnginePort = {
    nowMicroseconds: clock.nowMicroseconds,
    sleepUntil: clock.sleepUntil,
    isStopped: () => false,
    send: sender.send,
    write: history?.append ?? (() => {}),
    primitives: nodePrimitives,
  };
  const context = createEngineContext({ plan, port, secrets: {}, hasControls: false });
  const blind = { ...context, codec: { ...context.codec, find: () => [] } };
  return {
    context: order.isScanned ? context : blind,
    async close() {
      await history?.close();
      await sender.close();
      clock.stop();
    },
  };
}
