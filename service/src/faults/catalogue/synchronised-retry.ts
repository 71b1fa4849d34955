import type { Fault } from "../fault.ts";

export const synchronisedRetry: Fault = {
  name: "synchronised-retry",
  incident: "a common overload package's default: everybody who is turned away is told `Retry-After: 1`",
  breaks: "those who are turned away come back spread over time, and at a time when there is room",
  shows: "overload",
  weather: ["overload"],
  guard: "blind",
  seenBy: ["gate"],
  isHiddenAlone: true,
  checks: ["refusals-honest"],
  apply: (seams) => ({
    ...seams,
    createResponseWriter(context) {
      const writer = seams.createResponseWriter(context);
      return {
        write(res, answer) {
          const isTurnedAway = answer.headers?.["Retry-After"] !== undefined;
          const headers = { ...answer.headers, "Retry-After": "1" };
          writer.write(res, isTurnedAway ? { ...answer, headers } : answer);
        },
      };
    },
  }),
};
