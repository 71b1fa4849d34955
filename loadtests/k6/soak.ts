import { createStandaloneScript } from "./standalone-script.ts";

/** The same crowd for long: leaks, and pools that run dry. `k6 run loadtests/k6/soak.ts -e BASE_URL=http://127.0.0.1:3000` */
const script = createStandaloneScript(
  open(import.meta.resolve("./compiled/soak.json")),
  open(import.meta.resolve("./compiled/reference-target.json")),
);

export const { options, setup, handleSummary } = script;
export default script.run;
