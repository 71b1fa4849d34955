import { createStandaloneScript } from "./standalone-script.ts";

/** A slow climb to the peak. `k6 run loadtests/k6/ramp.ts -e BASE_URL=http://127.0.0.1:3000` */
const script = createStandaloneScript(
  open(import.meta.resolve("./compiled/ramp.json")),
  open(import.meta.resolve("./compiled/reference-target.json")),
);

export const { options, setup, handleSummary } = script;
export default script.run;
