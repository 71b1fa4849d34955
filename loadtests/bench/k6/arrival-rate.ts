import { sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import type { Options } from "k6/options";

/**
 * A signup as a plain k6 script sends it: an iteration and a VU for each visitor, started by k6's own arrival-rate
 * executor. One line each says which visitor was started when. Only `npm run bench -- start-error` runs this.
 */
const url = __ENV["BENCH_URL"] ?? "";
const rate = Number(__ENV["BENCH_RATE"]);
const seconds = Number(__ENV["BENCH_SECONDS"]);

/** Visitors stay for a second on average: as many VUs as there are visitors at one time, and as many again. */
const VUS_PER_RATE = 2;

export const options: Options = {
  scenarios: {
    visitors: {
      executor: "constant-arrival-rate",
      rate,
      timeUnit: "1s",
      duration: `${seconds}s`,
      preAllocatedVUs: rate * VUS_PER_RATE,
      gracefulStop: "5s",
    },
  },
  noConnectionReuse: true,
  systemTags: [],
};

const FILLER = "x".repeat(40);

export default function visitor(): void {
  const startedMs = exec.instance.currentTestRunDuration;
  const nth = exec.scenario.iterationInTest;
  console.log(`${nth} ${startedMs}`);
  // As long as what the other engines send, and nobody in it to be found.
  const field = `visitor${nth} ${FILLER}`;
  const body = JSON.stringify({ email: field, name: field, kana: field, address: field, message: field });
  http.post(`${url}/signups`, body, { headers: { "content-type": "application/json" } });
  sleep(Math.min(3, -Math.log(1 - Math.random())));
  http.get(`${url}/me`);
}

/** k6's own summary is of no use here, and no setting turns it off in v2. */
export function handleSummary(): Record<string, string> {
  return {};
}
