import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { blankObservation } from "../events/blank-observation.ts";
import type { EndEvent, Event } from "../events/event.ts";
import { openHistoryFile } from "../events/history-file.ts";
import type { Plan } from "../plan/plan.ts";
import { writePlan } from "../plan/plan-file.ts";
import { createNumbering, type Numbering, type NumberingOptions, type Origin } from "./numbering.ts";

export interface SlidingHistory {
  plan: Plan;
  /** Who each visitor of this history is: at the place of their number. */
  origins: readonly Origin[];
}

interface CycleRecord {
  dir: string;
  plan: Plan;
}

/**
 * Writes the visitors of these cycles who are done as one run folder, so that the checks hold everybody against everybody.
 * A visitor is in it wholly or not at all, and so are those who share something; who was cut short when the probe was
 * stopped is not. Null where nobody is done.
 */
export async function writeSlidingHistory(
  dir: string,
  cycles: readonly CycleRecord[],
  options: NumberingOptions & { atSeconds: number },
): Promise<SlidingHistory | null> {
  const numbering = createNumbering(options);
  for (const { dir: cycleDir, plan } of cycles) numbering.add(plan, doneIn(await readEvents(cycleDir)));
  const last = cycles.at(-1);
  if (last === undefined || numbering.origins.length === 0) return null;
  const plan: Plan = {
    ...last.plan,
    runId: options.runId,
    arrivals: numbering.arrivals,
    durationSeconds: options.atSeconds,
    drainSeconds: 0,
  };
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writePlan(dir, plan);
  await writeEvents(dir, cycles, { plan, numbering });
  return { plan, origins: numbering.origins };
}

async function writeEvents(
  dir: string,
  cycles: readonly CycleRecord[],
  { plan, numbering }: { plan: Plan; numbering: Numbering },
): Promise<void> {
  const history = await openHistoryFile(dir);
  const counts = { arrival: 0, request: 0, done: 0, observation: 0, alert: 0, end: 0 };
  const atMicroseconds = Math.round(plan.durationSeconds * 1e6);
  let mails = 0;
  const write = (event: Event) => {
    if (event.control === null) counts[event.type]++;
    if (event.type === "observation" && event.kind === "mail") mails++;
    history.append(event);
  };
  for (const cycle of cycles) {
    // Read again, one by one: the whole of a history need not be in memory.
    for (const event of await readEvents(cycle.dir)) {
      const renamed = numbering.rename(event, cycle.plan);
      if (renamed !== null) write(renamed);
    }
    await history.hasRoom();
  }
  write({ ...blankObservation(plan.runId, atMicroseconds), kind: "mails-end", value: mails });
  const end: EndEvent = {
    type: "end",
    run: plan.runId,
    control: null,
    engine: "embedded",
    engineVersion: `Node.js ${process.versions.node}`,
    startedAt: new Date(Date.now() - plan.durationSeconds * 1e3).toISOString(),
    endedMicroseconds: atMicroseconds,
    arrivals: counts.arrival,
    requests: counts.request,
    dones: counts.done,
    observations: counts.observation,
    stopped: null,
  };
  history.append(end);
  await history.close();
}

/** What has reached the disk; the last line may be half of one. */
async function readEvents(dir: string): Promise<Event[]> {
  const text = await readFile(join(dir, "events.ndjson"), "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);
}

function doneIn(events: readonly Event[]): Set<number> {
  const done = new Set<number>();
  for (const event of events) {
    if (event.type === "done" && event.ending !== "cut-short") done.add(event.visitor);
  }
  return done;
}
