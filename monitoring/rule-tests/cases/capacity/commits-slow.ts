import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  type Segment,
  type Series,
  saying,
  series,
  silentAt,
} from "../../rule-test.ts";

/** Commits in five minutes: most within 0.1 s, this share between 0.25 and 0.5 s. */
function commits(labels: Record<string, string>, count: number, slowShare: number): Series[] {
  const climbTo = (share: number) => [hold(0, 300), climb((count * share) / 300, 300), climb(0, 600)];
  const bucket = (le: string, share: number) =>
    series("crowdproof_commit_seconds_bucket", { ...labels, le }, ...climbTo(share));
  return [
    bucket("0.1", 1 - slowShare),
    bucket("0.25", 1 - slowShare),
    bucket("0.5", 1),
    bucket("+Inf", 1),
    series("crowdproof_commit_seconds_count", labels, ...climbTo(1)),
  ];
}

function commitsFrom(first: readonly Segment[], fast: number, slow: number, seconds: number): Series[] {
  const bucket = (le: string, perSecond: number) =>
    series("crowdproof_commit_seconds_bucket", { le }, ...first, climb(perSecond, seconds));
  return [
    bucket("0.1", fast),
    bucket("0.25", fast),
    bucket("0.5", fast + slow),
    bucket("+Inf", fast + slow),
    series("crowdproof_commit_seconds_count", {}, ...first, climb(fast + slow, seconds)),
  ];
}

export const COMMITS_SLOW: AlertTests = {
  alert: "CommitsSlow",
  tests: [
    {
      name: "files a ticket when more than one commit in twenty has been slow for two minutes",
      proves: ["not yet", "now", "over"],
      given: [
        ...commits({ run: "barely" }, 1_000, 0.0625),
        ...commits({ run: "slow" }, 1_000, 0.1),
        ...commits({ run: "fast" }, 1_000, 0.04),
      ],
      expect: [
        ...silentAt(0, 295, 400),
        firesAt(595, saying("375ms", { run: "slow" }), saying("300ms", { run: "barely" })),
        firesAt(800, saying("375ms", { run: "slow" }), saying("300ms", { run: "barely" })),
        ...silentAt(905),
      ],
    },
    {
      name: "begins its two minutes with the first slow ones",
      proves: ["not yet", "now"],
      given: commits({}, 1_000, 1),
      expect: [...silentAt(310, 410), firesAt(445, saying("487.5ms"))],
    },
    {
      name: "says nothing of fewer than 20 commits",
      proves: ["not yet", "now"],
      given: [18, 20, 22].flatMap((count) => {
        const jump = [hold(0, 300), hold(count, 600)];
        return [
          series("crowdproof_commit_seconds_bucket", { run: `${count}`, le: "0.25" }, hold(0, 900)),
          series("crowdproof_commit_seconds_bucket", { run: `${count}`, le: "0.5" }, ...jump),
          series("crowdproof_commit_seconds_bucket", { run: `${count}`, le: "+Inf" }, ...jump),
          series("crowdproof_commit_seconds_count", { run: `${count}` }, ...jump),
        ];
      }),
      expect: [
        ...silentAt(300, 415),
        firesAt(425, saying("487.5ms", { run: "20" }), saying("487.5ms", { run: "22" })),
      ],
    },
    {
      name: "forgets commits that were slow more than five minutes ago",
      proves: ["over"],
      given: [
        series("crowdproof_commit_seconds_bucket", { le: "0.25" }, hold(0, 300), climb(1, 600)),
        series(
          "crowdproof_commit_seconds_bucket",
          { le: "0.5" },
          climb(1, 200),
          hold(200, 100),
          climb(1, 600),
        ),
        series(
          "crowdproof_commit_seconds_bucket",
          { le: "+Inf" },
          climb(1, 200),
          hold(200, 100),
          climb(1, 600),
        ),
        series("crowdproof_commit_seconds_count", {}, climb(1, 200), hold(200, 100), climb(1, 600)),
      ],
      expect: [firesAt(195, saying("487.5ms")), ...silentAt(640, 740)],
    },
    {
      name: "says nothing of fewer than 20 commits in the last five minutes, however many there were before",
      proves: ["not yet"],
      given: [
        series("crowdproof_commit_seconds_bucket", { le: "0.25" }, climb(1, 300), climb(0, 600)),
        series("crowdproof_commit_seconds_bucket", { le: "0.5" }, climb(1, 300), climb(0.05, 600)),
        series("crowdproof_commit_seconds_bucket", { le: "+Inf" }, climb(1, 300), climb(0.05, 600)),
        series("crowdproof_commit_seconds_count", {}, climb(1, 300), climb(0.05, 600)),
      ],
      expect: silentAt(600, 740, 860),
    },
    {
      name: "is silent where nothing is counted",
      proves: ["series absent"],
      given: [],
      expect: silentAt(0, 600),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: commitsFrom([climb(5, 300), hold(0, 5)], 5, 0.1, 600),
      expect: silentAt(300, 305, 400, 600, 800),
    },
    {
      name: "does not count what the first sample has already, and waits for it",
      proves: ["first sample"],
      given: [
        series("crowdproof_commit_seconds_bucket", { le: "0.25" }, late(300), hold(0, 5), climb(5, 600)),
        series("crowdproof_commit_seconds_bucket", { le: "+Inf" }, late(300), hold(900, 5), climb(5, 600)),
        series("crowdproof_commit_seconds_count", {}, late(300), hold(900, 5), climb(5, 600)),
      ],
      expect: silentAt(300, 310, 400, 600),
    },
    {
      name: "forgets while scrapes fail, and begins its two minutes anew when they come back",
      proves: ["late scrape"],
      given: commitsFrom([climb(1, 300), failed(400)], 0, 1, 400).map(({ series: name, shape }) => ({
        series: name,
        // Those within 0.25 s stay none.
        shape: /le="0\.(1|25)"/.test(name) ? [hold(0, 300), failed(400), hold(0, 400)] : shape,
      })),
      expect: [firesAt(295, saying("487.5ms")), ...silentAt(640, 700, 815), firesAt(850, saying("487.5ms"))],
    },
    {
      name: "adds instances up and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...commits({ run: "x", instance: "a" }, 500, 0.2),
        ...commits({ run: "x", instance: "b" }, 500, 0),
        ...commits({ run: "y", instance: "a" }, 500, 0.04),
        ...commits({ run: "few-each", instance: "a" }, 15, 1),
        ...commits({ run: "few-each", instance: "b" }, 15, 1),
      ],
      expect: [
        firesAt(595, saying("375ms", { run: "x" })),
        firesAt(660, saying("375ms", { run: "x" }), saying("487.5ms", { run: "few-each" })),
      ],
    },
  ],
};
