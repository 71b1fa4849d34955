import { it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { expectAnswer } from "./expect-answer.ts";
import { panelsOf, readDashboard } from "./read-dashboards.ts";

const AT_SECONDS = 300;

/** What is scraped every 10 s for AT_SECONDS; the value of the tile then, null where it has none. */
interface Story {
  readonly name: string;
  readonly dashboard: "campaign" | "identity";
  readonly tile: string;
  readonly series: Readonly<Record<string, string>>;
  readonly shows: number | null;
}

const FINDINGS = (instance: string) => `crowdproof_auditor_findings{instance="${instance}",kind="ghost"}`;
const LOOK = (instance: string) => `crowdproof_auditor_last_look_timestamp_seconds{instance="${instance}"}`;
const VIOLATIONS = 'crowdproof_probe_violations_total{target="shop",check="reads-own"}';
const OWN_SEEN = 'crowdproof_probe_last_positive_timestamp_seconds{target="shop"}';
const young = "0+10x30";
const always = (value: number) => `${value}x30`;

const ofAuditor = { dashboard: "identity", tile: "Found in the database" } as const;
const ofProbe = { dashboard: "identity", tile: "Seen by the probe" } as const;
const STORIES: readonly Story[] = [
  {
    name: "0 of an auditor that looks",
    ...ofAuditor,
    series: { [FINDINGS("a")]: always(0), [LOOK("a")]: young },
    shows: 0,
  },
  {
    name: "no 0 of one that has looked 16 s ago",
    ...ofAuditor,
    series: { [FINDINGS("a")]: always(0), [LOOK("a")]: always(AT_SECONDS - 16) },
    shows: -1,
  },
  {
    name: "no 0 of one that has never looked, on the dashboard Campaign as well",
    dashboard: "campaign",
    tile: "Wrong identities",
    series: { [FINDINGS("a")]: always(0), [LOOK("a")]: always(0) },
    shows: -1,
  },
  {
    name: "what was found, however long ago that was",
    ...ofAuditor,
    series: { [FINDINGS("a")]: always(3), [LOOK("a")]: always(0) },
    shows: 3,
  },
  {
    name: "what two instances found in the same database once",
    ...ofAuditor,
    series: {
      [FINDINGS("a")]: always(2),
      [FINDINGS("b")]: always(2),
      [LOOK("a")]: young,
      [LOOK("b")]: young,
    },
    shows: 2,
  },
  {
    name: "0 where one of two instances looks, as the alert has it",
    ...ofAuditor,
    series: {
      [FINDINGS("a")]: always(0),
      [FINDINGS("b")]: always(0),
      [LOOK("a")]: always(AT_SECONDS - 60),
      [LOOK("b")]: young,
    },
    shows: 0,
  },
  { name: "nothing where there is no service", ...ofAuditor, series: {}, shows: null },
  {
    name: "0 of a probe that sees its own",
    ...ofProbe,
    series: { [VIOLATIONS]: always(0), [OWN_SEEN]: young },
    shows: 0,
  },
  {
    name: "no 0 of a probe that has seen nothing of its own for 181 s",
    ...ofProbe,
    series: { [VIOLATIONS]: always(0), [OWN_SEEN]: always(AT_SECONDS - 181) },
    shows: -1,
  },
  {
    name: "what the probe saw, however long ago that was",
    ...ofProbe,
    series: { [VIOLATIONS]: always(4), [OWN_SEEN]: always(0) },
    shows: 4,
  },
];

describeWith("promtool", "a tile that counts wrong identities shows", (promtool) => {
  it.each(STORIES)("$name", async ({ dashboard, tile, series, shows }) => {
    const question = panelsOf(readDashboard(dashboard))
      .find(({ title }) => title === tile)
      ?.targets?.at(-1);
    const answer = shows === null ? [] : [{ labels: "{}", value: shows }];
    await expectAnswer(promtool, { expr: question?.expr ?? "", series, atSeconds: AT_SECONDS, answer });
  });
});
