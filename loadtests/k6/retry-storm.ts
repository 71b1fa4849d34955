import { createStandaloneScript } from "./standalone-script.ts";

/** Lost answers and everybody sends again. `k6 run loadtests/k6/retry-storm.ts -e BASE_URL=http://127.0.0.1:3000` */
const script = createStandaloneScript(
  open(import.meta.resolve("./compiled/retry-storm.json")),
  open(import.meta.resolve("./compiled/reference-target.json")),
);

export const { options, setup, handleSummary } = script;
export default script.run;
