import {
  climb,
  failed,
  firesAt,
  hold,
  late,
  type RuleTest,
  type Segment,
  saying,
  series,
  silentAt,
} from "../rule-test.ts";

/** The series of one sort of event, and the labels of one event of it and of another. */
export interface EventSeries {
  readonly counter: string;
  readonly timestamp: string;
  readonly one: Readonly<Record<string, string>>;
  readonly other: Readonly<Record<string, string>>;
  /** For how long the alert goes on when its reason is gone. */
  readonly keptSeconds: 0 | 60;
}

const REOPENED = "crowdproof_reopened_timestamp_seconds";
const never = series(REOPENED, {}, hold(0, 3_000));

/** Window 300 s, clocks up to 60 s apart. Each story leaves one of the two forms alone where it can. */
export function firstEventTests(event: EventSeries): RuleTest[] {
  const { counter, timestamp, one, other, keptSeconds } = event;
  const counted = (labels: Record<string, string>, ...shape: Segment[]) => series(counter, labels, ...shape);
  const stamped = (labels: Record<string, string>, ...shape: Segment[]) =>
    series(timestamp, labels, ...shape);
  const fires = (says = "1", labels: Readonly<Record<string, string>> = one) => saying(says, { ...labels });
  const ofRun = { run: "r", instance: "i" };
  const keptAt = keptBy(event);
  /** Five minutes, and as long as it is kept: what comes later could fire for an old event after a gap. */
  const lateSeconds = 300 + keptSeconds;

  return [
    {
      name: `fires with the scrape that shows the first event, for as long as it is news, and ${keptSeconds} s longer`,
      proves: ["not yet", "now", "over"],
      given: [never, counted(one, hold(0, 600), hold(1, 900)), stamped(one, hold(0, 600), hold(598, 900))],
      expect: [
        ...silentAt(0, 300, 595),
        firesAt(600, fires()),
        firesAt(895, fires()),
        ...keptAt(900, fires()),
        ...keptAt(955, fires()),
        ...silentAt(960, 1_400),
      ],
    },
    {
      name: "is silent while nothing was ever counted",
      proves: ["not yet"],
      given: [never, counted(one, hold(0, 900)), stamped(one, hold(0, 900))],
      expect: silentAt(0, 5, 300, 305, 895),
    },
    {
      name: "fires when the very first sample has counted already",
      proves: ["first sample"],
      given: [never, counted(one, late(600), hold(1, 600)), stamped(one, late(600), hold(599, 600))],
      expect: [...silentAt(595), firesAt(600, fires()), ...keptAt(955, fires()), ...silentAt(1_000)],
    },
    {
      name: "fires for a process whose clock is ten minutes ahead",
      proves: ["now"],
      given: [
        series(REOPENED, { run: "r" }, hold(0, 1_200)),
        counted({ ...one, ...ofRun }, hold(0, 600), hold(1, 600)),
        stamped({ ...one, ...ofRun }, hold(0, 600), hold(1_200, 600)),
      ],
      expect: [
        ...silentAt(595),
        firesAt(600, fires("1", { ...one, run: "r" })),
        firesAt(885, fires("1", { ...one, run: "r" })),
        ...silentAt(970, 1_100),
      ],
    },
    {
      name: "takes a count that fell for no event, also where the clock is ahead",
      proves: ["reset"],
      given: [never, counted(one, hold(3, 600), hold(0, 300)), stamped(one, hold(1_900, 900))],
      expect: silentAt(400, 595, 600, 605, 700),
    },
    {
      name: "fires when the first sample of a process ten minutes ahead has counted already, until it is old",
      proves: ["first sample"],
      given: [never, counted(one, late(600), hold(1, 600)), stamped(one, late(600), hold(1_200, 600))],
      expect: [
        ...silentAt(595),
        firesAt(600, fires()),
        firesAt(895, fires()),
        ...keptAt(950, fires()),
        ...silentAt(970, 1_135),
      ],
    },
    {
      name: "fires for the second event where the clock is ahead and the first was long ago",
      proves: ["now"],
      given: [
        never,
        counted(one, hold(1, 600), hold(2, 100), hold(3, 600)),
        stamped(one, hold(10, 600), hold(1_200, 700)),
      ],
      expect: [
        ...silentAt(595),
        firesAt(600, fires("2")),
        firesAt(700, fires("3")),
        firesAt(985, fires("3")),
        ...silentAt(1_070),
      ],
    },
    {
      name: "does not fire again after a gap in the scraping",
      proves: ["late scrape"],
      given: [
        never,
        counted(one, hold(0, 300), hold(1, 400), failed(400), hold(1, 900)),
        stamped(one, hold(0, 300), hold(299, 400), failed(400), hold(299, 900)),
      ],
      expect: [firesAt(300, fires()), ...silentAt(700, 1_100, 1_105, 1_200, 1_400, 1_500)],
    },
    {
      name: `fires for an event first seen up to ${lateSeconds} s late, and not for an older one`,
      proves: ["first sample"],
      given: [
        never,
        counted(one, late(660), hold(1, 300)),
        stamped(one, late(660), hold(665 - lateSeconds, 300)),
        counted(other, late(660), hold(1, 300)),
        stamped(other, late(660), hold(660 - lateSeconds, 300)),
      ],
      expect: [...silentAt(655), firesAt(660, fires()), ...keptAt(700, fires()), ...silentAt(740, 900)],
    },
    {
      name: "fires when the scrape that shows it comes four minutes late",
      proves: ["late scrape"],
      given: [
        never,
        counted(one, hold(0, 600), late(240), hold(1, 300)),
        stamped(one, hold(0, 600), late(240), hold(601, 300)),
      ],
      expect: [...silentAt(835), firesAt(840, fires())],
    },
    {
      name: "fires for a process that died after its first scrape, for as long as it is news",
      proves: ["now", "over"],
      given: [
        never,
        counted(one, late(610), hold(1, 5), failed(600)),
        stamped(one, late(610), hold(608, 5), failed(600)),
      ],
      expect: [
        ...silentAt(605),
        firesAt(610, fires()),
        firesAt(615, fires()),
        // No longer: by then even the counter is out of the window, and the number is kept from before.
        firesAt(905, fires()),
        ...keptAt(965, fires()),
        ...silentAt(975),
      ],
    },
    {
      // No scrape shows that the count fell: to the rule this is a gap, and a time that moved on.
      name: "fires for a restarted process that has counted as many as the one before",
      proves: ["late scrape"],
      given: [
        series(REOPENED, { run: "r" }, hold(0, 1_300)),
        counted({ ...one, ...ofRun }, hold(1, 600), failed(10), hold(1, 600)),
        stamped({ ...one, ...ofRun }, hold(100, 600), failed(10), hold(608, 600)),
      ],
      expect: [
        ...silentAt(595, 605),
        firesAt(610, fires("1", { ...one, run: "r" })),
        firesAt(905, fires("1", { ...one, run: "r" })),
        ...silentAt(975),
      ],
    },
    {
      name: "is silent when a restart forgets what was counted",
      proves: ["reset"],
      given: [
        never,
        counted(one, hold(3, 600), failed(10), hold(0, 600)),
        stamped(one, hold(10, 600), failed(10), hold(0, 600)),
      ],
      expect: silentAt(595, 605, 610, 615, 900, 1_100),
    },
    {
      name: "takes an event of five minutes ago, shown by a restarted process, for an old one",
      proves: ["late scrape"],
      given: [
        never,
        counted(one, hold(1, 600), failed(10), hold(1, 600)),
        stamped(one, hold(20, 600), failed(10), hold(315, 600)),
        counted(other, hold(1, 600), failed(10), hold(1, 600)),
        stamped(other, hold(20, 600), failed(10), hold(310, 600)),
      ],
      expect: [...silentAt(605), firesAt(610, fires()), ...keptAt(670, fires()), ...silentAt(680, 900)],
    },
    {
      name: "believes a time up to a minute ahead, and no more",
      proves: ["not yet"],
      given: [
        never,
        counted(one, hold(1, 600), failed(10), hold(1, 300)),
        stamped(one, hold(20, 600), failed(10), hold(665, 300)),
        counted(other, hold(1, 600), failed(10), hold(1, 300)),
        stamped(other, hold(20, 600), failed(10), hold(670, 300)),
      ],
      expect: [...silentAt(605), firesAt(610, fires()), firesAt(615, fires(), fires("1", other))],
    },
    {
      name: "says how many there were, also while they go on",
      proves: ["now"],
      given: [
        never,
        counted(one, hold(0, 600), climb(1, 100)),
        stamped(one, hold(0, 600), hold(599, 5), climb(1, 95)),
      ],
      expect: [...silentAt(595), firesAt(600, fires("5")), firesAt(650, fires("55"))],
    },
    ...reopeningTests(event),
    ...instanceTests(event),
    {
      name: "is silent where there is no series at all",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 600),
    },
    {
      name: "fires by the time alone where the counter is missing",
      proves: ["series absent"],
      given: [stamped(one, hold(0, 600), hold(598, 300))],
      expect: [...silentAt(400, 595), firesAt(600, fires("0"))],
    },
    {
      name: "fires where nothing tells when the campaign was reopened",
      proves: ["series absent"],
      given: [counted(one, hold(0, 600), hold(1, 300)), stamped(one, hold(0, 600), hold(598, 300))],
      expect: [...silentAt(400, 595), firesAt(600, fires())],
    },
    {
      name: "is silent where a counter rises without a time",
      proves: ["series absent"],
      given: [never, counted(one, hold(0, 600), hold(1, 300))],
      expect: silentAt(600, 605),
    },
  ];
}

/** Still firing, or over already. */
const keptBy =
  ({ keptSeconds }: EventSeries) =>
  (second: number, ...alerts: ReturnType<typeof saying>[]) =>
    keptSeconds > 0 ? [firesAt(second, ...alerts)] : silentAt(second);

function reopeningTests(event: EventSeries): RuleTest[] {
  const { counter, timestamp, one, keptSeconds } = event;
  /** What is old after five minutes can lie before a reopening told five minutes ago only by clocks that are apart. */
  const aheadSeconds = 60 - keptSeconds;
  const keptAt = keptBy(event);
  const fires = (says = "1", labels: Record<string, string> = {}) => saying(says, { ...one, ...labels });
  return [
    {
      name: `is over ${keptSeconds} s after a reopening, and fires again for the next event`,
      proves: ["over", "now"],
      given: [
        series(REOPENED, {}, hold(0, 650), hold(648, 800)),
        series(counter, { ...one }, hold(0, 600), hold(1, 200), hold(2, 600)),
        series(timestamp, { ...one }, hold(0, 600), hold(598, 200), hold(799, 600)),
      ],
      expect: [
        firesAt(600, fires()),
        firesAt(645, fires()),
        ...keptAt(650, fires()),
        ...keptAt(705, fires()),
        ...silentAt(710, 795),
        firesAt(800, fires("2")),
        firesAt(1_095, fires("2")),
      ],
    },
    {
      name: "takes an event of the reopening's own moment for an old one",
      proves: ["not yet"],
      given: [
        series(REOPENED, {}, hold(0, 600), hold(598, 300)),
        series(counter, { ...one }, hold(0, 600), hold(1, 300)),
        series(timestamp, { ...one }, hold(0, 600), hold(598, 300)),
      ],
      expect: silentAt(600, 605, 700),
    },
    {
      name: "does not forget the reopening when scrapes fail",
      proves: ["late scrape"],
      given: [
        series(REOPENED, {}, hold(0, 700), hold(699, 5), failed(600)),
        series(counter, { ...one }, hold(0, 655), hold(1, 50), failed(600)),
        series(timestamp, { ...one }, hold(0, 655), hold(652, 50), failed(600)),
      ],
      expect: [firesAt(655, fires()), ...keptAt(755, fires()), ...silentAt(760, 800, 900, 945)],
    },
    {
      name: "holds nothing back for a reopening of which nobody has told for five minutes",
      proves: ["series absent"],
      given: [
        series(REOPENED, {}, hold(0, 800), hold(799 + aheadSeconds, 10), failed(600)),
        series(counter, { ...one }, late(1_110), hold(1, 100)),
        series(timestamp, { ...one }, late(1_110), hold(790 + aheadSeconds, 100)),
      ],
      expect: [...silentAt(1_105), firesAt(1_110, fires())],
    },
    {
      name: "holds back the events of the run that was reopened, and of no other",
      proves: ["several instances"],
      given: [
        series(REOPENED, { run: "a" }, hold(599, 900)),
        series(REOPENED, { run: "b" }, hold(0, 900)),
        ...["a", "b"].flatMap((run) => [
          series(counter, { ...one, run }, hold(0, 600), hold(1, 300)),
          series(timestamp, { ...one, run }, hold(0, 600), hold(598, 300)),
        ]),
      ],
      expect: [...silentAt(595), firesAt(600, fires("1", { run: "b" }))],
    },
    {
      name: "adds up neither reopenings nor the times of events",
      proves: ["several instances"],
      given: [
        ...["a", "b"].flatMap((instance) => [
          series(REOPENED, { run: "old", instance }, hold(320, 650)),
          series(REOPENED, { run: "new", instance }, hold(0, 600), hold(599, 50)),
        ]),
        series(counter, { ...one, run: "old" }, hold(0, 600), hold(1, 50)),
        series(timestamp, { ...one, run: "old" }, hold(0, 600), hold(598, 50)),
        ...["a", "b"].flatMap((instance) => [
          series(counter, { ...one, run: "new", instance }, hold(0, 600), hold(1, 50)),
          series(timestamp, { ...one, run: "new", instance }, hold(0, 600), hold(598, 50)),
        ]),
      ],
      expect: [...silentAt(595), firesAt(600, fires("1", { run: "old" }))],
    },
    {
      name: "takes the latest reopening that any instance tells",
      proves: ["several instances"],
      given: [
        series(REOPENED, { instance: "a" }, hold(599, 900)),
        series(REOPENED, { instance: "b" }, hold(0, 900)),
        series(counter, { ...one }, hold(0, 600), hold(1, 300)),
        series(timestamp, { ...one }, hold(0, 600), hold(598, 300)),
      ],
      expect: silentAt(595, 600, 700),
    },
  ];
}

function instanceTests({ counter, timestamp, one, other }: Omit<EventSeries, "keptSeconds">): RuleTest[] {
  return [
    {
      name: "is one page for several instances, and one each for what is not the same",
      proves: ["several instances"],
      given: [
        never,
        series(counter, { ...one, instance: "a" }, hold(0, 600), hold(2, 600)),
        series(timestamp, { ...one, instance: "a" }, hold(0, 600), hold(598, 600)),
        series(counter, { ...one, instance: "b" }, hold(0, 605), hold(3, 600)),
        series(timestamp, { ...one, instance: "b" }, hold(0, 605), hold(604, 600)),
        series(counter, { ...other, instance: "b" }, hold(0, 610), hold(1, 600)),
        series(timestamp, { ...other, instance: "b" }, hold(0, 610), hold(609, 600)),
      ],
      expect: [
        ...silentAt(595),
        firesAt(600, saying("2", { ...one })),
        firesAt(605, saying("3", { ...one })),
        firesAt(610, saying("3", { ...one }), saying("1", { ...other })),
      ],
    },
    {
      name: "sees the event of one instance while another's clock is an hour ahead",
      proves: ["several instances"],
      given: [
        series(counter, { ...one, instance: "ahead" }, hold(1, 1_200)),
        series(timestamp, { ...one, instance: "ahead" }, hold(4_000, 1_200)),
        series(counter, { ...one, instance: "b" }, hold(1, 600), failed(10), hold(1, 600)),
        series(timestamp, { ...one, instance: "b" }, hold(5, 600), failed(10), hold(608, 600)),
      ],
      expect: [...silentAt(380, 605), firesAt(610, saying("1", { ...one }))],
    },
    {
      name: "keeps the runs of load tests apart",
      proves: ["several instances"],
      given: ["a", "b"].flatMap((run) => [
        series(REOPENED, { run }, hold(0, 900)),
        series(counter, { ...one, run }, hold(0, 600), hold(run === "a" ? 1 : 4, 300)),
        series(timestamp, { ...one, run }, hold(0, 600), hold(598, 300)),
      ]),
      expect: [firesAt(600, saying("1", { ...one, run: "a" }), saying("4", { ...one, run: "b" }))],
    },
  ];
}
