import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import type { GuardState } from "./schedule.ts";
import { addWeather } from "./weather.ts";

/** What one run's service is started with. */
export interface ServiceOrder {
  fault: string | null;
  guard: GuardState;
  weather: readonly string[];
}

/**
 * A service for each run, in order. The next one is started while the last run is judged, and an old one stops on its
 * own time: a third of a run's seconds otherwise.
 */
export interface ServiceLine {
  take(): Promise<RunningService>;
  /** From now on the next one may be started: nobody measures any more. */
  prepareNext(): void;
  leave(service: RunningService): void;
  close(): Promise<void>;
}

export function createServiceLine(orders: readonly ServiceOrder[], signal: AbortSignal): ServiceLine {
  let at = 0;
  let ahead: Promise<RunningService> | undefined;
  const stopping: Promise<void>[] = [];
  return {
    async take() {
      const order = orders[at];
      if (order === undefined) throw new Error("more services were taken than ordered");
      at += 1;
      const started = ahead ?? startService(order, signal);
      ahead = undefined;
      return started;
    },
    prepareNext() {
      const order = orders[at];
      if (order === undefined || ahead !== undefined || signal.aborted) return;
      ahead = startService(order, signal);
      // Whoever takes it hears of it.
      ahead.catch(() => undefined);
    },
    leave(service) {
      stopping.push(service.stop());
    },
    async close() {
      await ahead?.then(
        (service) => service.stop(),
        () => undefined,
      );
      await Promise.all(stopping);
    },
  };
}

/** Once more where it did not start: on a busy machine somebody else may take a port between two looks at it. */
async function startService(order: ServiceOrder, signal: AbortSignal): Promise<RunningService> {
  const start = () =>
    startReferenceService({
      port: 0,
      fault: order.fault ?? undefined,
      // Never the database of whoever types this: faults take constraints away, for good. The service brings its own.
      databaseUrl: undefined,
      environment: { DATABASE_URL: "", GUARD: order.guard, ...addWeather(order.weather).environment },
      signal,
    });
  try {
    return await start();
  } catch (error) {
    if (signal.aborted) throw error;
    return start();
  }
}
