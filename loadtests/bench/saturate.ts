import { randomUUID } from "node:crypto";
import autocannon from "autocannon";

/** As fast as it goes: closed loop, so no latency is told, only how much was answered. */
export interface Saturation {
  perSecond: number;
  /** Of one core, what the generator itself used; near 1 it was the bottleneck, not the server. */
  generatorBusy: number;
  /** Between the two calls of `onCounted`. */
  answers: number;
}

export interface SaturationOptions {
  url: string;
  /** Each is sent once. */
  bodies: readonly string[];
  expectedStatus: number;
  connections: number;
  /** Called when what is counted begins, and when it ends. */
  onCounted(isStart: boolean): void;
}

/** Of the bodies: sent, but not counted, while the server's code is still being compiled. */
const WARM_UP_SHARE = 0.2;
/** At the end some connections are done before others, and the load is no longer full. */
const TAIL_SHARE = 0.05;

export async function saturate(options: SaturationOptions): Promise<Saturation> {
  const { url, bodies, connections, expectedStatus, onCounted } = options;
  const first = Math.floor(bodies.length * WARM_UP_SHARE);
  const last = Math.floor(bodies.length * (1 - TAIL_SHARE));
  const shares = sharesOf(bodies, connections);
  let answered = 0;
  let wrong = 0;
  let startMs = 0;
  let seconds = 0;
  let cpu = process.cpuUsage();
  const count = (status: number) => {
    answered++;
    if (status !== expectedStatus) wrong++;
    if (answered === first) {
      startMs = performance.now();
      cpu = process.cpuUsage();
      onCounted(true);
    }
    if (answered === last) {
      seconds = (performance.now() - startMs) / 1e3;
      cpu = process.cpuUsage(cpu);
      onCounted(false);
    }
  };
  const { errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    // Without a rate there is no omission to correct, and autocannon refuses to be told to ignore it.
    const settings: autocannon.Options = {
      url,
      method: "POST",
      headers: { "content-type": "application/json" },
      connections,
      amount: bodies.length,
      setupClient: (client) => client.setRequests(shares.pop() ?? []),
    };
    const run = autocannon(settings, (error: unknown, result) => (error ? reject(error) : resolve(result)));
    run.on("response", (_client, status) => count(status));
  });
  if (wrong + errors > 0) {
    throw new Error(
      `${wrong} of ${answered} answers of ${url} were not ${expectedStatus}, ${errors} were lost`,
    );
  }
  return {
    perSecond: (last - first) / seconds,
    generatorBusy: (cpu.user + cpu.system) / 1e6 / seconds,
    answers: last - first,
  };
}

interface Share {
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** As autocannon divides the amount: the first connections have one more. Each body has an idempotency key of its own. */
function sharesOf(bodies: readonly string[], connections: number): Share[][] {
  const requests = bodies.map((body) => ({
    body,
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
  }));
  return Array.from({ length: connections }, (_, connection) =>
    requests.filter((_request, index) => index % connections === connection),
  ).reverse();
}
