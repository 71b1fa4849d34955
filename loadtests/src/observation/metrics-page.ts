import type { ObservationEvent } from "../events/event.ts";
import { isAllowedUrl } from "../target/allowed-url.ts";
import type { Target } from "../target/target.ts";
import { baseUrlOf, fillSecrets } from "../target/template.ts";
import { foundAt } from "./found-at.ts";
import { type ObserveContext, reasonOf } from "./observe-context.ts";

const METRICS_SECONDS_MAX = 10;
/** A page larger than this is a fault of its own (a label per person), and no reason to run out of memory. */
const METRICS_BYTES_MAX = 64 * 2 ** 20;

export type MetricsPage = { text: string } | { reason: string };

export async function fetchMetrics(target: Target, secrets: Record<string, string>): Promise<MetricsPage> {
  const declared = fillSecrets(target.telemetry.metricsUrl ?? "", secrets);
  const url = declared.startsWith("/") ? baseUrlOf(target, secrets) + declared : declared;
  if (!isAllowedUrl(target, url)) {
    return { reason: `The metrics at ${url} were not read: their host is not among the target's hosts.` };
  }
  try {
    const answer = await fetch(url, {
      headers: Object.entries(target.headers).map(([name, value]) => [name, fillSecrets(value, secrets)]),
      redirect: "error",
      signal: AbortSignal.timeout(METRICS_SECONDS_MAX * 1_000),
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      return { reason: `The metrics at ${url} answered ${answer.status}.` };
    }
    return await readLimited(answer, url);
  } catch (error) {
    return { reason: `The metrics at ${url} could not be read: ${reasonOf(error)}.` };
  }
}

export function scanMetrics(text: string, { codec, blank }: ObserveContext): ObservationEvent {
  const foreign = foundAt("metrics", codec.find(text));
  return { ...blank, kind: "scan", name: "metrics", value: Buffer.byteLength(text), foreign };
}

async function readLimited(answer: Response, url: string): Promise<MetricsPage> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > METRICS_BYTES_MAX) {
      return {
        reason: `The metrics at ${url} are larger than ${METRICS_BYTES_MAX / 2 ** 20} MiB and were not read.`,
      };
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode() };
}
