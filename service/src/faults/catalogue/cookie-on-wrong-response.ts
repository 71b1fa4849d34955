import { setImmediate as nextTurn } from "node:timers/promises";
import type { Answer } from "../../response/response-writer.ts";
import type { Fault } from "../fault.ts";

export const cookieOnWrongResponse: Fault = {
  name: "cookie-on-wrong-response",
  incident:
    "GitHub 2021: a request object that was reused, and a late callback set its cookie on another answer",
  breaks: "a session is handed to the person it belongs to",
  shows: "two signups answered at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  // Whoever holds another's session reads another's data with it, and is found under another's ID.
  checks: ["sessions-bound", "reads-own", "acks-durable", "ids-unique"],
  apply: (seams) => ({
    ...seams,
    createResponseWriter(context) {
      const writer = seams.createResponseWriter(context);
      // The bug: one for all requests, to spare the collector one for each.
      const reply: { session: Answer["session"] } = { session: undefined };
      return {
        async write(res, answer) {
          if (answer.session === undefined) return writer.write(res, answer);
          reply.session = answer.session;
          // Where the audit log would be written.
          await nextTurn();
          writer.write(res, { ...answer, session: reply.session });
        },
      };
    },
  }),
};
