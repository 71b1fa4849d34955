import { readFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { UsageError } from "../usage-error.ts";
import { expectedOverlapRatio, signupSecondsForOverlap } from "./overlap.ts";
import { BEHAVIOURS, type Behaviour, type CurvePiece, type Plan } from "./plan.ts";
import { virtualUsersFor } from "./virtual-users.ts";

/** What a plan promises before anything is sent. Expectations, not measurements: the run measures its own. */
export interface Forecast {
  visitors: number;
  burstVisitors: number;
  burstVisitorsMax: number;
  peakPerSecond: number;
  peakAtSeconds: number;
  meanPerSecond: number;
  /** Arrivals, drain and read-back together. */
  seconds: number;
  behaviours: Record<Behaviour, number>;
  /** Groups of two, and those of them that are due in one microsecond. */
  couples: number;
  couplesAtOneInstant: number;
  /** For each assumed signup time, ASSUMED_SIGNUP_SECONDS first. */
  overlaps: { signupSeconds: number; overlapRatio: number }[];
  /** From which signup time on the overlap target is reached; null where no signup is slow enough. */
  signupSecondsForTarget: number | null;
  /** Why the plan's claim cannot be earned; empty where it can. */
  claimObstacles: string[];
}

/** A signup of the reference service at these rates: 3 to 8 ms on two cores that the generator shares. */
export const ASSUMED_SIGNUP_SECONDS = 0.004;
const OTHER_SIGNUP_SECONDS = [0.001, 0.002, 0.008];
/** A claim of a crowd needs so many people at one instant. */
const CROWD_BURST_VISITORS_MIN = 64;

export function forecastPlan(plan: Plan): Forecast {
  const { arrivals, pieces, bursts, durationSeconds } = plan;
  const visitors = arrivals.dueMicroseconds.length;
  const couples = couplesOf(plan);
  const signupSecondsForTarget = signupSecondsForOverlap(pieces, plan.overlapTargetRatio);
  const burstVisitorsMax = Math.max(0, ...bursts.map((burst) => burst.visitors));
  return {
    visitors,
    burstVisitors: bursts.reduce((total, burst) => total + burst.visitors, 0),
    burstVisitorsMax,
    ...peakOf(pieces),
    meanPerSecond: visitors / durationSeconds,
    seconds: durationSeconds + plan.drainSeconds + plan.readBackSeconds,
    behaviours: countBehaviours(plan),
    couples: couples.length,
    couplesAtOneInstant: couples.filter(([one, other]) => isOneInstant(plan, one, other)).length,
    overlaps: [ASSUMED_SIGNUP_SECONDS, ...OTHER_SIGNUP_SECONDS].map((signupSeconds) => ({
      signupSeconds,
      overlapRatio: expectedOverlapRatio(pieces, signupSeconds),
    })),
    signupSecondsForTarget,
    claimObstacles: plan.claim === "wiring" ? [] : obstacles(plan, burstVisitorsMax, signupSecondsForTarget),
  };
}

function obstacles(plan: Plan, burstVisitorsMax: number, signupSecondsForTarget: number | null): string[] {
  const found: string[] = [];
  if (burstVisitorsMax < CROWD_BURST_VISITORS_MIN) {
    const largest =
      burstVisitorsMax === 0 ? "there is no burst" : `the largest burst has ${burstVisitorsMax}`;
    found.push(`${largest}, a crowd needs ${CROWD_BURST_VISITORS_MIN} at one instant`);
  }
  if (signupSecondsForTarget === null || signupSecondsForTarget > ASSUMED_SIGNUP_SECONDS) {
    const from =
      signupSecondsForTarget === null
        ? "at no signup time"
        : `only if a signup takes ${(signupSecondsForTarget * 1_000).toFixed(1)} ms or more`;
    found.push(`the overlap target of ${(plan.overlapTargetRatio * 100).toFixed(0)} % is reached ${from}`);
  }
  return found;
}

function peakOf(pieces: readonly CurvePiece[]): { peakPerSecond: number; peakAtSeconds: number } {
  let peak = { peakPerSecond: 0, peakAtSeconds: 0 };
  let startSeconds = 0;
  // A piece is monotonic: its peak is one of its ends.
  for (const { fromPerSecond, toPerSecond, seconds } of pieces) {
    if (fromPerSecond > peak.peakPerSecond)
      peak = { peakPerSecond: fromPerSecond, peakAtSeconds: startSeconds };
    startSeconds += seconds;
    if (toPerSecond > peak.peakPerSecond) peak = { peakPerSecond: toPerSecond, peakAtSeconds: startSeconds };
  }
  return peak;
}

function countBehaviours({ arrivals }: Plan): Record<Behaviour, number> {
  const counts = BEHAVIOURS.map((behaviour) => [behaviour, 0] as [Behaviour, number]);
  for (const index of arrivals.behaviour) counts[index]![1]++;
  return Object.fromEntries(counts) as Record<Behaviour, number>;
}

function couplesOf({ arrivals }: Plan): [number, number][] {
  return arrivals.group.flatMap((first, visitor): [number, number][] =>
    first === visitor ? [] : [[first, visitor]],
  );
}

function isOneInstant({ arrivals }: Plan, one: number, other: number): boolean {
  return arrivals.dueMicroseconds[one] === arrivals.dueMicroseconds[other];
}

/** What a machine must have to send a plan on time. Upper bounds: a target that stops answering is the case counted. */
export interface GeneratorNeed {
  /** Visitors whose answer may be awaited at once, if the target answers nothing until the longest step times out. */
  visitorsInFlightMax: number;
  /** One socket a request in flight, two for a double-tap, and the process's own. */
  openFiles: number;
  /** Client ports in use or waiting out their time, where connections are fresh. */
  ports: number;
  memoryBytes: number;
  /** Virtual users the k6 engine would take; the embedded engine has none. */
  k6VirtualUsers: number;
  /** Cores that the busiest second takes. Beyond a share of the machine's, people start late. */
  cores: { k6: number; embedded: number };
}

/** What this machine allows this process. Infinity where it names no limit. */
export interface MachineLimits {
  /** Soft limit; Node raises its own to the hard one as it starts. */
  openFilesMax: number;
  /** Free to be taken, within a container's limit. */
  memoryBytes: number;
  cores: number;
  ports: number;
  /** How long a closed connection keeps its port: 60 s (TIME_WAIT), or 1 s where Linux may use it again. */
  portHoldSeconds: number;
}

/** Two for the history and its follower, the rest for Node, its thread and its module files; measured 30 to 40. */
const OWN_OPEN_FILES = 64;
/** Measured: 130 to 195 MB with 8,000 visitors waiting at once. A base, and what each one waiting adds. */
const BASE_BYTES = 128 * 2 ** 20;
const BYTES_PER_VISITOR_IN_FLIGHT = 16 * 1024;
/** Four columns of numbers, in the plan and in the engine. */
const BYTES_PER_VISITOR = 128;

/**
 * CPU time for each request, with everything that happens to a visitor around it. k6: 1.1 to 1.3 ms in runs at 1,000/s on
 * 2 cores that others used as well (0.25 of it for the bare request); in a tight loop on its own it was 0.7. Below 500/s,
 * where each visitor finds cold caches, more, but then there are cores to spare.
 */
const CPU_SECONDS_PER_REQUEST = { k6: 1.2e-3, embedded: 0.3e-3 };
/**
 * A judgement: the target wants its share. The embedded engine may have half of the cores; k6, whose callbacks wait for
 * each other, a quarter: with the default campaign on 2 cores, reckoned at 0.6, its event loops stood still for 1.2 s.
 */
export const CORES_SHARE_ON_TIME = { k6: 0.25, embedded: 0.5 };

/** The engines that would start this plan's people late on this machine. A warning: the run itself measures it. */
export function lateEngines({ cores }: GeneratorNeed, limits: MachineLimits): ("k6" | "embedded")[] {
  return (["k6", "embedded"] as const).filter(
    (engine) => cores[engine] > limits.cores * CORES_SHARE_ON_TIME[engine],
  );
}

/** Why `--engine auto` leaves k6 alone although it is here; null where it has room. */
export function whyK6IsLate(plan: Plan, limits: MachineLimits = machineLimits()): string | null {
  const need = generatorNeed(plan, limits.portHoldSeconds);
  if (!lateEngines(need, limits).includes("k6")) return null;
  return `its busiest second would take about ${need.cores.k6.toFixed(1)} of this machine's ${limits.cores} cores, too much to start people on time (--engine k6 takes it all the same)`;
}

/** One sentence where the engine that was chosen would start people late here; null where it has room. */
export function latenessOf(
  plan: Plan,
  engine: "k6" | "embedded",
  limits: MachineLimits = machineLimits(),
): string | null {
  const need = generatorNeed(plan, limits.portHoldSeconds);
  const late = lateEngines(need, limits);
  if (!late.includes(engine)) return null;
  const other = engine === "k6" && !late.includes("embedded") ? "--engine embedded, " : "";
  return `The ${engine} engine may start people late here: the busiest second takes about ${need.cores[engine].toFixed(1)} of ${limits.cores} cores. If the verdict says so, try ${other}a smaller --scale or a larger machine.`;
}

export function generatorNeed(plan: Plan, portHoldSeconds = machineLimits().portHoldSeconds): GeneratorNeed {
  const due = plan.arrivals.dueMicroseconds;
  const { steps, connections } = plan.target;
  const timeoutSeconds = Math.max(1, ...steps.map((step) => step.timeoutSeconds));
  const visitorsInFlightMax = dueWithin(due, timeoutSeconds);
  const openFiles = OWN_OPEN_FILES + Math.ceil(visitorsInFlightMax * socketsPerVisitor(plan));
  const requestsPerVisitor = connections === "fresh" ? Math.max(1, steps.length) : 1;
  // Those who wait come back in other seconds, and nobody signs out.
  const journey = steps.filter(({ role }) => role !== "come-back" && role !== "sign-out");
  const requestsPerSecond = dueWithin(due, 1) * journey.length;
  const inOneHold = dueWithin(due, portHoldSeconds) * requestsPerVisitor;
  const readBackInOneHold = due.length * Math.min(1, portHoldSeconds / Math.max(1, plan.readBackSeconds));
  return {
    visitorsInFlightMax,
    openFiles,
    ports: Math.max(openFiles - OWN_OPEN_FILES, inOneHold, Math.ceil(readBackInOneHold)),
    memoryBytes:
      BASE_BYTES + visitorsInFlightMax * BYTES_PER_VISITOR_IN_FLIGHT + due.length * BYTES_PER_VISITOR,
    k6VirtualUsers: virtualUsersFor(plan),
    cores: {
      k6: requestsPerSecond * CPU_SECONDS_PER_REQUEST.k6,
      embedded: requestsPerSecond * CPU_SECONDS_PER_REQUEST.embedded,
    },
  };
}

/** Limits of this process on this machine, as Linux tells them; elsewhere what Node knows. */
export function machineLimits(): MachineLimits {
  const openFiles = readText("/proc/self/limits")?.match(/^Max open files\s+(\d+|unlimited)/m)?.[1];
  const [portFirst = 32_768, portLast = 60_999] = (readText("/proc/sys/net/ipv4/ip_local_port_range") ?? "")
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);
  // 1 = everywhere, 2 = on loopback, which is where load goes unless a host is named; tcp(7).
  const mayReuse = ["1", "2"].includes((readText("/proc/sys/net/ipv4/tcp_tw_reuse") ?? "").trim());
  return {
    openFilesMax:
      openFiles === undefined || openFiles === "unlimited" ? Number.POSITIVE_INFINITY : Number(openFiles),
    memoryBytes: process.availableMemory(),
    cores: availableParallelism(),
    ports: portLast - portFirst + 1,
    portHoldSeconds: mayReuse ? 1 : 60,
  };
}

/** Throws a UsageError that names everything this machine lacks, and the scale it could send. */
export function requireCapacity(plan: Plan, limits: MachineLimits = machineLimits()): void {
  const shortages = shortagesOf(generatorNeed(plan, limits.portHoldSeconds), limits);
  if (shortages.length === 0) return;
  const ratio = Math.min(...shortages.map(({ needed, there }) => there / needed));
  // Two digits, rounded down, so that the scale named is one that fits.
  const scale = Math.floor(plan.scale * ratio * 90) / 100;
  const mend = scale > 0 ? `Or send less from here: --scale ${scale}` : "Or send from a larger machine.";
  throw new UsageError(
    [
      `${hostname()} cannot send this plan on time:`,
      ...shortages.map(({ sentence }) => `  ${sentence}`),
      mend,
    ].join("\n"),
  );
}

/** One thing there is too little of. */
interface Shortage {
  needed: number;
  there: number;
  sentence: string;
}

function shortagesOf(need: GeneratorNeed, limits: MachineLimits): Shortage[] {
  const compared = [
    {
      needed: need.openFiles,
      there: limits.openFilesMax,
      sentence: `${need.openFiles} open files are needed, ${limits.openFilesMax} are allowed. Type: ulimit -n ${need.openFiles}`,
    },
    {
      needed: need.ports,
      there: limits.ports,
      sentence: `${need.ports} client ports are needed, there are ${limits.ports}. Type: sysctl -w net.ipv4.ip_local_port_range="1024 65000"`,
    },
    {
      needed: need.memoryBytes,
      there: limits.memoryBytes,
      sentence: `${mebibytes(need.memoryBytes)} MiB of memory are needed, ${mebibytes(limits.memoryBytes)} are free. Stop something.`,
    },
  ];
  return compared.filter(({ needed, there }) => needed > there);
}

/** The most visitors due in any window of so many seconds. */
function dueWithin(dueMicroseconds: readonly number[], seconds: number): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < dueMicroseconds.length; last++) {
    while (dueMicroseconds[last]! - dueMicroseconds[first]! > seconds * 1e6) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** A double-tap has two requests out at once. */
function socketsPerVisitor({ arrivals }: Plan): number {
  const doubleTap = BEHAVIOURS.indexOf("double-tap");
  const doubleTaps = arrivals.behaviour.filter((index) => index === doubleTap).length;
  return 1 + doubleTaps / arrivals.behaviour.length;
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

/** Null where there is no such file: not Linux, or a locked-down container. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
