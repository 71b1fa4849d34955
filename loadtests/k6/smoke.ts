import { createStandaloneScript } from "./standalone-script.ts";

/** Does every step work at all? A few seconds. `k6 run loadtests/k6/smoke.ts -e BASE_URL=http://127.0.0.1:3000` */
const script = createStandaloneScript(
  open(import.meta.resolve("./compiled/smoke.json")),
  open(import.meta.resolve("./compiled/reference-target.json")),
);

export const { options, setup, handleSummary } = script;
export default script.run;
