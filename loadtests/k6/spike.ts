import { createStandaloneScript } from "./standalone-script.ts";

/** A push message: everybody at once, then a fade. `k6 run loadtests/k6/spike.ts -e BASE_URL=http://127.0.0.1:3000` */
const script = createStandaloneScript(
  open(import.meta.resolve("./compiled/spike.json")),
  open(import.meta.resolve("./compiled/reference-target.json")),
);

export const { options, setup, handleSummary } = script;
export default script.run;
