import { METRICS, type MetricName } from "../catalogue/catalogue.ts";
import type { Selector } from "../promql/selectors.ts";
import { EVERY_SECONDS, samplesOf } from "./promtool-file.ts";
import type { Firing, Proof, RuleTest } from "./rule-test.ts";

/**
 * What a story says it proves and its data do not show, in words; `needs` is what the rule reads. A tag alone proves
 * nothing: a story of a reset in which nothing drops is silent whatever the rule does.
 */
export function unshownIn(test: RuleTest, needs: readonly Selector[]): string[] {
  const story = toldStory(test, needs);
  return test.proves
    .filter((proof) => !EACH[proof].isShownBy(story))
    .map((proof) => `${proof}: ${EACH[proof].wants}`);
}

/** The same of all stories of one alert: what at least one of those with the tag must show. */
export function unshownByAny(tests: readonly RuleTest[], needs: readonly Selector[]): string[] {
  const stories = tests.map((test) => toldStory(test, needs));
  return (Object.keys(ONCE) as (keyof typeof ONCE)[])
    .filter((proof) => {
      const claiming = stories.filter(({ test }) => test.proves.includes(proof));
      return claiming.length > 0 && !claiming.some(ONCE[proof].isShownBy);
    })
    .map((proof) => `${proof}: ${ONCE[proof].wants}`);
}

interface Shape {
  readonly wants: string;
  readonly isShownBy: (story: Story) => boolean;
}

const EACH: Readonly<Record<Proof, Shape>> = {
  "not yet": {
    wants: "a moment of silence, or a run that is silent while another fires",
    isShownBy: ({ test, given }) =>
      test.expect.some(({ fires }) => fires.length === 0) ||
      test.expect.some(({ fires }) => valuesOf(given, "run").size > valuesOf(fires, "run").size),
  },
  now: { wants: "a moment at which it fires", isShownBy: ({ test }) => firingSeconds(test).length > 0 },
  over: {
    wants: "something that fires, and does not at a later moment",
    isShownBy: ({ test: { expect } }) =>
      expect.some((before) =>
        before.fires.some((firing) =>
          expect.some(
            ({ atSeconds, fires }) =>
              atSeconds > before.atSeconds && !fires.map(labelText).includes(labelText(firing)),
          ),
        ),
      ),
  },
  "series absent": {
    wants: "a series that the rule reads and that is not there at one of the moments",
    isShownBy: ({ test, given, needs }) =>
      given.length === 0 ||
      needs.some((need) => {
        const matching = given.filter((each) => isRead(each, need));
        return test.expect.some(({ atSeconds }) => !matching.some((each) => isThere(each, atSeconds)));
      }),
  },
  reset: { wants: "a value that drops", isShownBy: ({ given }) => given.some(isDropping) },
  "first sample": {
    wants: "a series that begins late",
    isShownBy: ({ given }) => given.some(({ samples }) => (samples[0]?.atSeconds ?? 0) > 0),
  },
  "late scrape": {
    wants: "a series with a gap in it",
    isShownBy: ({ given }) => given.some(({ gaps }) => gaps.length > 0),
  },
  "several instances": {
    wants: "two instances, or two runs",
    isShownBy: ({ given }) => ["instance", "run"].some((label) => valuesOf(given, label).size > 1),
  },
};

const ONCE = {
  "not yet": {
    wants: "silence before it fires",
    isShownBy: ({ test }) => {
      const last = Math.max(...firingSeconds(test));
      return test.expect.some(({ atSeconds, fires }) => fires.length === 0 && atSeconds < last);
    },
  },
  reset: {
    wants: "where the rule reads a counter, one that drops",
    isShownBy: ({ given, needs }) => {
      const counters = needs.filter(({ series }) => isCounter(series));
      return (
        counters.length === 0 ||
        given.some((each) => isDropping(each) && counters.some((need) => isRead(each, need)))
      );
    },
  },
  "first sample": {
    wants: "where the rule reads a counter, one that begins late, above 0",
    isShownBy: ({ given, needs }) => {
      const counters = needs.filter(({ series }) => isCounter(series));
      const lateAboveZero = ({ samples: [first] }: GivenSeries) =>
        first !== undefined && first.atSeconds > 0 && first.value > 0;
      return (
        counters.length === 0 ||
        given.some((each) => lateAboveZero(each) && counters.some((need) => isRead(each, need)))
      );
    },
  },
  "late scrape": {
    wants: "that it fires when the scrapes have come back, and is not only silent",
    isShownBy: ({ test, given, needs }) => {
      const backSeconds = given
        .filter((each) => needs.some((need) => isRead(each, need)))
        .flatMap(({ gaps }) => gaps)
        .map(({ untilSeconds }) => untilSeconds);
      return firingSeconds(test).some((seconds) => seconds >= Math.min(...backSeconds));
    },
  },
  "several instances": {
    wants: "two series that differ in their instance alone",
    isShownBy: ({ given }) => {
      const names = given
        .filter(({ labels }) => labels["instance"] !== undefined)
        .map(({ name, labels: { instance: _, ...rest } }) => `${name} ${labelText({ labels: rest })}`);
      return new Set(names).size < names.length;
    },
  },
} satisfies Partial<Record<Proof, Shape>>;

interface Story {
  readonly test: RuleTest;
  readonly given: readonly GivenSeries[];
  readonly needs: readonly Selector[];
}

interface GivenSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
  /** From the first scrape that is missing to the first that is there again; infinite where none is. */
  readonly gaps: readonly { readonly fromSeconds: number; readonly untilSeconds: number }[];
  /** When a scrape failed: from then on the series is not there. */
  readonly staleSeconds: readonly number[];
}

interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

function toldStory(test: RuleTest, needs: readonly Selector[]): Story {
  const everySeconds = test.everySeconds ?? EVERY_SECONDS;
  const given = test.given.map(({ series, shape }): GivenSeries => {
    const scrapes = samplesOf(shape, everySeconds).map((text, index) => ({
      atSeconds: index * everySeconds,
      text,
    }));
    const samples = scrapes
      .filter(({ text }) => text !== "_" && text !== "stale")
      .map(({ atSeconds, text }) => ({ atSeconds, value: Number(text) }));
    const staleSeconds = scrapes.filter(({ text }) => text === "stale").map(({ atSeconds }) => atSeconds);
    return { ...namedIn(series), samples, staleSeconds, gaps: gapsIn(samples, staleSeconds, everySeconds) };
  });
  return { test, given, needs };
}

function gapsIn(samples: readonly Sample[], staleSeconds: readonly number[], everySeconds: number) {
  const between = samples.flatMap(({ atSeconds }, index) => {
    const untilSeconds = samples[index + 1]?.atSeconds ?? atSeconds;
    return untilSeconds > atSeconds + everySeconds
      ? [{ fromSeconds: atSeconds + everySeconds, untilSeconds }]
      : [];
  });
  const lastSeconds = samples.at(-1)?.atSeconds ?? Number.POSITIVE_INFINITY;
  const ends = staleSeconds.filter((seconds) => seconds > lastSeconds);
  return [
    ...between,
    ...ends.map((fromSeconds) => ({ fromSeconds, untilSeconds: Number.POSITIVE_INFINITY })),
  ];
}

function namedIn(series: string): Pick<GivenSeries, "name" | "labels"> {
  const [, name = "", inside = ""] = /^([^{]+)\{(.*)\}$/.exec(series) ?? [];
  const pairs = [...inside.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)];
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label, text = '""']) => [label, JSON.parse(text)])),
  };
}

function isRead({ name, labels }: GivenSeries, { series, matchers }: Selector): boolean {
  return (
    name === series &&
    matchers.every(({ label, operator, value }) => {
      const told = labels[label] ?? "";
      const isEqual = operator.endsWith("~") ? new RegExp(`^(?:${value})$`).test(told) : told === value;
      return isEqual === (operator[0] === "=");
    })
  );
}

/** For how long Prometheus believes a value that is followed by nothing. */
const LOOKBACK_SECONDS = 300;

function isThere({ samples, staleSeconds }: GivenSeries, atSeconds: number): boolean {
  const last = samples.findLast((sample) => sample.atSeconds <= atSeconds);
  if (last === undefined || atSeconds - last.atSeconds >= LOOKBACK_SECONDS) return false;
  return !staleSeconds.some((seconds) => seconds > last.atSeconds && seconds <= atSeconds);
}

function isDropping({ samples }: GivenSeries): boolean {
  return samples.some(({ value }, index) => value < (samples[index - 1]?.value ?? value));
}

/** Of other programs' series the name tells: Prometheus's convention. */
function isCounter(series: string): boolean {
  if (/_(total|bucket|sum|count)$/.test(series)) return true;
  return series in METRICS && METRICS[series as MetricName].type === "counter";
}

function firingSeconds({ expect }: RuleTest): number[] {
  return expect.filter(({ fires }) => fires.length > 0).map(({ atSeconds }) => atSeconds);
}

function valuesOf(all: readonly Pick<Firing, "labels">[], label: string): Set<string> {
  return new Set(all.flatMap(({ labels }) => labels[label] ?? []));
}

function labelText({ labels }: Pick<Firing, "labels">): string {
  return JSON.stringify(Object.entries(labels).sort());
}
