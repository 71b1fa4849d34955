import type { Fault } from "../fault.ts";

export const personalDataInTelemetry: Fault = {
  name: "personal-data-in-telemetry",
  incident: "a log line that helped during development: who registered, by address",
  breaks: "nobody's data stands in logs, metrics or URLs",
  shows: "always",
  weather: [],
  guard: "blind",
  seenBy: ["gate"],
  isHiddenAlone: true,
  checks: ["telemetry-clean"],
  apply: (seams) => ({
    ...seams,
    createRepository(context) {
      const repository = seams.createRepository(context);
      return {
        ...repository,
        async insert(query, candidates) {
          const outcomes = await repository.insert(query, candidates);
          for (const { id, fields } of candidates)
            if (outcomes.has(id)) context.log.info({ email: fields.email }, "registered");
          return outcomes;
        },
      };
    },
  }),
};
