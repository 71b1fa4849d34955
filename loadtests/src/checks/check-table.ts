import { counted } from "../counted.ts";
import type { CheckKind } from "../verdict/verdict.ts";

export type Numbers = Record<string, number | null>;

/** One check: its SQL file, and the sentences for what the file counts. */
export interface CheckRule {
  /** Also the name of its file in `sql/`. */
  name: string;
  kind: CheckKind;
  /** What was seen, with its numbers: the denominator in words. */
  observed(numbers: Numbers): string;
  /** "3 …": what a violation is, in words for `counted`. */
  violations: string;
  /** "3 …": of what nobody knows; the same. */
  unknowns: string;
  /** Said where the run gave no occasion; a check without this sentence must have seen something. */
  unexercised?: string;
}

const count = (value: number | null | undefined) => (value ?? 0).toLocaleString("en");
const percent = (value: number | null | undefined) => (value == null ? "nobody" : `${Math.round(value)} %`);
const milliseconds = (value: number | null | undefined) =>
  `${(Math.round((value ?? 0) * 10) / 10).toString()} ms`;

const seconds = (value: number | null | undefined) => `${(Math.round((value ?? 0) * 10) / 10).toString()} s`;

/** In the order in which a person wants to read them. */
export const CHECKS: CheckRule[] = [
  {
    name: "reads-own",
    kind: "invariant",
    observed: (n) =>
      counted(n["answers"], "{answer|answers} showed people their own data") +
      (n["mails"] === null
        ? ""
        : `; ${count(n["mailsOwn"])} of ${counted(n["mails"], "{mail|mails}")}, to ${count(n["mailedPeople"])} of ${counted(n["members"], "{member|members}")}, did so`) +
      (n["mailsToNobody"]
        ? `; ${counted(n["mailsToNobody"], "{mail went to an address|mails went to addresses} of nobody in this run")}`
        : ""),
    violations: "{time|times} an answer or a mail carried what its reader did not send",
    unknowns: "{answer or mail|answers or mails} could not be read",
  },
  {
    name: "ids-unique",
    kind: "invariant",
    observed: (n) =>
      `${counted(n["observed"], "{member ID was|member IDs were}")} acknowledged to ${counted(n["members"], "{person|people}")}`,
    violations: "{member ID belongs|member IDs belong} to two people",
    unknowns: "{ID|IDs} could not be told",
  },
  {
    name: "acks-durable",
    kind: "invariant",
    observed: (n) =>
      `${count(n["observed"])} of ${counted(n["acknowledged"], "acknowledged {member was|members were} found again")}` +
      (n["late"] ? `, ${count(n["late"])} of them late` : ""),
    violations: "acknowledged {member is|members are} missing or not as sent",
    unknowns: "acknowledged {member|members} could not be looked for",
  },
  {
    name: "no-ghost-id",
    kind: "invariant",
    observed: (n) =>
      `${counted(n["observed"], "{signup was|signups were} answered")}, ${count(n["turnedAway"])} of them with no acknowledgement`,
    violations: "{ID has no member behind it|IDs have no member behind them}",
    unknowns: "{answer|answers} could not be read",
  },
  {
    name: "once-per-person",
    kind: "invariant",
    observed: (n) => counted(n["observed"], "{case|cases} of a second attempt or a shared address"),
    violations: "{person, address or key|people, addresses or keys} became two members",
    unknowns: "{case|cases} stayed open",
    unexercised: "nobody signed up twice, shared an address or a key",
  },
  {
    name: "ids-well-formed",
    kind: "invariant",
    observed: (n) => counted(n["observed"], "{ID was|IDs were} looked at"),
    violations: "{answer|answers} carried a malformed ID, or none where one is due",
    unknowns: "{ID|IDs} could not be read",
  },
  {
    name: "refusals-honest",
    kind: "invariant",
    observed: (n) =>
      `${counted(n["observed"], "{person was|people were} told to wait or to go")}, 95 % of them within ${milliseconds((n["secondsP95"] ?? 0) * 1000)}; ` +
      (n["letIn"]
        ? `${counted(n["letIn"], "came back and {was|were} let in")}, 95 % of them within ${milliseconds((n["offSecondsP95"] ?? 0) * 1000)} of the time first told; `
        : "nobody was due to be let in; ") +
      (n["inWaves"] ? "their times to come back were spread" : "too few at once to judge the spread"),
    violations: "{refusal was|refusals were} not honest",
    unknowns: "{refusal|refusals} could not be read",
    unexercised: "nobody was told to wait or was refused",
  },
  {
    name: "sessions-bound",
    kind: "invariant",
    observed: (n) =>
      counted(n["observed"], "{session given or read|sessions given and reads} without a right one"),
    violations: "{session was|sessions were} shared, or something was read without a right one",
    unknowns: "{read|reads} could not be told",
    unexercised: "the target file declares no session, and nobody read without one",
  },
  {
    name: "responses-private",
    kind: "invariant",
    observed: (n) =>
      counted(n["observed"], "{answer|answers} carried personal data") +
      (n["throughCaches"]
        ? `; ${counted(n["throughCaches"], "of them {names|name} a cache or proxy (Age, Via, X-Cache)")}`
        : ""),
    violations: "{answer|answers} with personal data may be stored by a shared cache",
    unknowns: "{answer|answers} could not be read",
  },
  {
    name: "telemetry-clean",
    kind: "invariant",
    observed: (n) => counted(n["observed"], "{byte of telemetry was|bytes of telemetry were} searched"),
    violations: "{time|times} somebody's data stood in telemetry",
    unknowns: "{place|places} could not be searched",
    unexercised: "the target file names no logs and no metrics, and none were read",
  },
  {
    name: "accounting",
    kind: "invariant",
    observed: (n) =>
      `${counted(n["observed"], "{request|requests}")}, each in one of ${counted(n["classes"], "{class|classes}")}`,
    violations: "{request or counter does|requests or counters do} not add up",
    unknowns: "{counter|counters} could not be read",
  },
  {
    name: "history",
    kind: "validity",
    observed: (n) =>
      `${count(n["observed"])} of ${counted(n["planned"], "planned {visitor is|visitors are} on record")}`,
    violations: "{gap or stranger|gaps or strangers} in the history",
    unknowns: "{line|lines} could not be read",
  },
  {
    name: "start-error",
    kind: "validity",
    observed: (n) =>
      `visitors started ${milliseconds(n["millisecondsP50"])} late at p50, ${milliseconds(n["millisecondsP99"])} at p99, ` +
      `${milliseconds(n["millisecondsMax"])} at most; ${count(n["late"])} later than allowed`,
    violations: "{limit of lateness was|limits of lateness were} passed",
    unknowns: "{start|starts} could not be told",
  },
  {
    name: "claim",
    kind: "validity",
    observed: (n) =>
      `${percent(n["overlapPercent"])} of visitors had another's signup in flight` +
      (n["originOverlapPercent"] === null
        ? ""
        : `, ${percent(n["originOverlapPercent"])} by the service's own times`) +
      `; ${percent(n["burstOverlapPercent"])} within bursts, the largest of ${counted(n["burstVisitorsMax"], "{person|people}")}; ` +
      `${count(n["turnedAway"])} told to wait or to go`,
    violations: "{thing|things} the claim needs did not happen",
    unknowns: "{thing|things} could not be told",
  },
  {
    name: "generator",
    kind: "validity",
    observed: (n) =>
      `requests left ${milliseconds(n["millisecondsP99"])} later than meant at p99; ` +
      `the generator lagged ${milliseconds((n["lagSecondsMax"] ?? 0) * 1000)} at worst`,
    violations: "{sign|signs} that the generator was the bottleneck",
    unknowns: "{lag|lags} could not be told",
  },
  {
    name: "limiter",
    kind: "validity",
    observed: (n) =>
      `${count(n["refused"])} of ${counted(n["observed"], "{answer was a refusal|answers were refusals}")}`,
    violations: "{limit was|limits were} passed",
    unknowns: "{answer|answers} could not be told",
  },
  {
    name: "clock",
    kind: "validity",
    observed: (n) =>
      `the wall clock was off its monotonic course by ${milliseconds((n["stepSecondsMax"] ?? 0) * 1000)} at most`,
    violations: "{step|steps} of the wall clock",
    unknowns: "{look|looks} at the clock failed",
  },
];

/** Judged where alerts were demanded, in this order. */
export const ALERT_CHECKS: CheckRule[] = [
  {
    name: "watching",
    kind: "validity",
    observed: (n) =>
      `the rules were evaluated ${counted(n["observed"], "{time|times}")}, at most ${seconds(n["gapSeconds"])} apart; ` +
      `whom they look at was scraped ${counted(n["scrapes"], "{time|times}")} or more`,
    violations: "{sign|signs} that nobody watched",
    unknowns: "{thing|things} could not be told",
  },
  {
    name: "unexpected-pages",
    kind: "alert",
    observed: (n) =>
      `the rules were evaluated ${counted(n["observed"], "{time|times}")}; ${counted(n["others"], "{alert fired that pages|alerts fired that page} nobody")}`,
    violations: "{page was|pages were} not expected",
    unknowns: "{time|times} it cannot be told",
  },
  {
    name: "expected-alerts",
    kind: "alert",
    observed: (n) => `${count(n["fired"])} of ${counted(n["demanded"], "demanded {alert|alerts} fired")}`,
    violations: "demanded {alert|alerts} did not fire",
    unknowns: "demanded {alert was|alerts were} not seen, and nobody watched",
  },
];
