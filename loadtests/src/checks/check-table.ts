import type { CheckKind } from "../verdict/verdict.ts";

export type Numbers = Record<string, number | null>;

/** One check: its SQL file, and the sentences for what the file counts. */
export interface CheckRule {
  /** Also the name of its file in `sql/`. */
  name: string;
  kind: CheckKind;
  /** What was seen, with its numbers: the denominator in words. */
  observed(numbers: Numbers): string;
  /** "3 …": what a violation is. */
  violations: string;
  /** "3 …": of what nobody knows. */
  unknowns: string;
  /** Said where the run gave no occasion; a check without this sentence must have seen something. */
  unexercised?: string;
}

/** These stand whatever a target file says: without them a pass would say nothing. */
export const NEVER_WAIVED = ["reads-own", "acks-durable", "accounting"];

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
      `${count(n["answers"])} answers showed people their own data` +
      (n["mails"] === null
        ? ""
        : `; ${count(n["mailsOwn"])} of ${count(n["mails"])} mails, to ${count(n["mailedPeople"])} of ${count(n["members"])} members, did so`) +
      (n["mailsToNobody"]
        ? `; ${count(n["mailsToNobody"])} mails went to addresses of nobody in this run`
        : ""),
    violations: "times an answer or a mail carried what its reader did not send",
    unknowns: "answers or mails could not be read",
  },
  {
    name: "ids-unique",
    kind: "invariant",
    observed: (n) => `${count(n["observed"])} member IDs were acknowledged to ${count(n["members"])} people`,
    violations: "member IDs belong to two people",
    unknowns: "IDs could not be told",
  },
  {
    name: "acks-durable",
    kind: "invariant",
    observed: (n) =>
      `${count(n["observed"])} of ${count(n["acknowledged"])} acknowledged members were found again` +
      (n["late"] ? `, ${count(n["late"])} of them late` : ""),
    violations: "acknowledged members are missing or not as sent",
    unknowns: "acknowledged members could not be looked for",
  },
  {
    name: "no-ghost-id",
    kind: "invariant",
    observed: (n) =>
      `${count(n["observed"])} signups were answered, ${count(n["turnedAway"])} of them with no acknowledgement`,
    violations: "IDs have no member behind them",
    unknowns: "answers could not be read",
  },
  {
    name: "once-per-person",
    kind: "invariant",
    observed: (n) => `${count(n["observed"])} cases of a second attempt or a shared address`,
    violations: "people, addresses or keys became two members",
    unknowns: "cases stayed open",
    unexercised: "nobody signed up twice, shared an address or a key",
  },
  {
    name: "ids-well-formed",
    kind: "invariant",
    observed: (n) => `${count(n["observed"])} IDs were looked at`,
    violations: "answers carried a malformed ID, or none where one is due",
    unknowns: "IDs could not be read",
  },
  {
    name: "refusals-honest",
    kind: "invariant",
    observed: (n) =>
      `${count(n["observed"])} people were told to wait or to go, 95 % of them within ${milliseconds((n["secondsP95"] ?? 0) * 1000)}; ` +
      (n["letIn"]
        ? `${count(n["letIn"])} came back and were let in, 95 % of them within ${milliseconds((n["offSecondsP95"] ?? 0) * 1000)} of the time first told; `
        : "nobody was due to be let in; ") +
      (n["inWaves"] ? "their times to come back were spread" : "too few at once to judge the spread"),
    violations: "refusals were not honest",
    unknowns: "refusals could not be read",
    unexercised: "nobody was told to wait or was refused",
  },
  {
    name: "sessions-bound",
    kind: "invariant",
    observed: (n) => `${count(n["observed"])} sessions given and reads without a right one`,
    violations: "sessions were shared, or something was read without a right one",
    unknowns: "reads could not be told",
    unexercised: "the target file declares no session, and nobody read without one",
  },
  {
    name: "responses-private",
    kind: "invariant",
    observed: (n) =>
      `${count(n["observed"])} answers carried personal data` +
      (n["throughCaches"]
        ? `; ${count(n["throughCaches"])} of them name a cache or proxy (Age, Via, X-Cache)`
        : ""),
    violations: "answers with personal data may be stored by a shared cache",
    unknowns: "answers could not be read",
  },
  {
    name: "telemetry-clean",
    kind: "invariant",
    observed: (n) => `${count(n["observed"])} bytes of telemetry were searched`,
    violations: "times somebody's data stood in telemetry",
    unknowns: "places could not be searched",
    unexercised: "the target file names no logs and no metrics, and none were read",
  },
  {
    name: "accounting",
    kind: "invariant",
    observed: (n) => `${count(n["observed"])} requests, each in one of ${count(n["classes"])} classes`,
    violations: "requests or counters do not add up",
    unknowns: "counters could not be read",
  },
  {
    name: "history",
    kind: "validity",
    observed: (n) => `${count(n["observed"])} of ${count(n["planned"])} planned visitors are on record`,
    violations: "gaps or strangers in the history",
    unknowns: "lines could not be read",
  },
  {
    name: "start-error",
    kind: "validity",
    observed: (n) =>
      `visitors started ${milliseconds(n["millisecondsP50"])} late at p50, ${milliseconds(n["millisecondsP99"])} at p99, ` +
      `${milliseconds(n["millisecondsMax"])} at most; ${count(n["late"])} later than allowed`,
    violations: "limits of lateness were passed",
    unknowns: "starts could not be told",
  },
  {
    name: "claim",
    kind: "validity",
    observed: (n) =>
      `${percent(n["overlapPercent"])} of visitors had another's signup in flight` +
      (n["originOverlapPercent"] === null
        ? ""
        : `, ${percent(n["originOverlapPercent"])} by the service's own times`) +
      `; ${percent(n["burstOverlapPercent"])} within bursts, the largest of ${count(n["burstVisitorsMax"])} people; ` +
      `${count(n["turnedAway"])} told to wait or to go`,
    violations: "things the claim needs did not happen",
    unknowns: "things could not be told",
  },
  {
    name: "generator",
    kind: "validity",
    observed: (n) =>
      `requests left ${milliseconds(n["millisecondsP99"])} later than meant at p99; ` +
      `the generator lagged ${milliseconds((n["lagSecondsMax"] ?? 0) * 1000)} at worst`,
    violations: "signs that the generator was the bottleneck",
    unknowns: "lags could not be told",
  },
  {
    name: "limiter",
    kind: "validity",
    observed: (n) => `${count(n["refused"])} of ${count(n["observed"])} answers were refusals`,
    violations: "limits were passed",
    unknowns: "answers could not be told",
  },
  {
    name: "clock",
    kind: "validity",
    observed: (n) =>
      `the wall clock was off its monotonic course by ${milliseconds((n["stepSecondsMax"] ?? 0) * 1000)} at most`,
    violations: "steps of the wall clock",
    unknowns: "looks at the clock failed",
  },
];

/** Judged where alerts were demanded, in this order. */
export const ALERT_CHECKS: CheckRule[] = [
  {
    name: "watching",
    kind: "validity",
    observed: (n) =>
      `the rules were evaluated ${count(n["observed"])} times, at most ${seconds(n["gapSeconds"])} apart; ` +
      `whom they look at was scraped ${count(n["scrapes"])} times or more`,
    violations: "signs that nobody watched",
    unknowns: "things could not be told",
  },
  {
    name: "unexpected-pages",
    kind: "alert",
    observed: (n) =>
      `the rules were evaluated ${count(n["observed"])} times; ${count(n["others"])} alerts fired that page nobody`,
    violations: "pages were not expected",
    unknowns: "times it cannot be told",
  },
  {
    name: "expected-alerts",
    kind: "alert",
    observed: (n) => `${count(n["fired"])} of ${count(n["demanded"])} demanded alerts fired`,
    violations: "demanded alerts did not fire",
    unknowns: "demanded alerts were not seen, and nobody watched",
  },
];
