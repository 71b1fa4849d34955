import type { Fault } from "../fault.ts";

export const unboundedQueue: Fault = {
  name: "unbounded-queue",
  incident:
    '"nobody is turned away": a queue without limit or deadline, at its head the work of people long gone',
  breaks: "nobody queues longer than they were told, and what nobody waits for is not done",
  shows: "five times the capacity",
  weather: ["overload", "slow-database"],
  guard: "blind",
  seenBy: ["gate"],
  isHiddenAlone: true,
  checks: ["bounds"],
  apply: (seams) => ({
    ...seams,
    admissionLimits: (config) => ({
      ...seams.admissionLimits(config),
      queueMax: Number.MAX_SAFE_INTEGER,
      queueSecondsMax: 3_600,
    }),
  }),
};
