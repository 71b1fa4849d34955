import {
  type AlertTests,
  climb,
  failed,
  firesAt,
  hold,
  late,
  metric,
  type Segment,
  type Series,
  saying,
  sayingSomething,
  silentAt,
} from "../../rule-test.ts";

interface Load {
  readonly labels?: Record<string, string>;
  readonly capacity: readonly Segment[];
  readonly plan?: readonly Segment[];
  readonly offered?: readonly Segment[];
}

const load = ({
  labels = {},
  capacity,
  plan = [hold(0, 3_000)],
  offered = [climb(1, 3_000)],
}: Load): Series[] => [
  metric("crowdproof_capacity_signups_per_second", labels, ...capacity),
  metric("crowdproof_plan_visitors_per_second", labels, ...plan),
  metric("crowdproof_offered_signups_total", labels, ...offered),
];

/** Climbing by so much more each minute. */
const accelerating = (perSecondEachMinute: number, minutes: number): Segment[] =>
  Array.from({ length: minutes }, (_, minute) => climb(perSecondEachMinute * minute, 60));

export const CAPACITY_NEAR: AlertTests = {
  alert: "CapacityNear",
  tests: [
    {
      name: "files a ticket when the plan is near the capacity that was measured, until there is more",
      proves: ["not yet", "now", "over"],
      everySeconds: 15,
      given: load({ capacity: [hold(0, 300), hold(100, 300), hold(200, 300)], plan: [hold(90, 900)] }),
      expect: [
        ...silentAt(0, 285, 405),
        firesAt(420, saying("90%", { because: "plan" })),
        firesAt(585, saying("90%", { because: "plan" })),
        ...silentAt(600),
      ],
    },
    {
      name: "has its limit at 80 % of the capacity",
      proves: ["not yet", "now"],
      everySeconds: 15,
      given: [
        ...load({ labels: { run: "below" }, capacity: [hold(100, 900)], plan: [hold(78, 900)] }),
        ...load({ labels: { run: "above" }, capacity: [hold(100, 900)], plan: [hold(82, 900)] }),
        ...load({ labels: { run: "no-plan" }, capacity: [hold(100, 900)] }),
        ...load({ labels: { run: "at" }, capacity: [hold(100, 900)], plan: [hold(80, 900)] }),
        ...load({
          labels: { run: "tiny" },
          capacity: [hold(0.5, 900)],
          plan: [hold(1, 900)],
          offered: [hold(0, 900)],
        }),
        ...load({ labels: { run: "tiny-trend" }, capacity: [hold(0.5, 900)], offered: [climb(0.45, 900)] }),
      ],
      expect: [
        firesAt(
          870,
          saying("82%", { run: "above", because: "plan" }),
          saying("200%", { run: "tiny", because: "plan" }),
          saying("90%", { run: "tiny-trend", because: "trend" }),
        ),
      ],
    },
    {
      name: "files a ticket when the last ten minutes lead there in ten more",
      proves: ["not yet", "now"],
      everySeconds: 15,
      given: [
        // 2 a second more each minute: 48/s after 25 minutes, 68/s ten minutes later.
        ...load({ labels: { run: "near" }, capacity: [hold(80, 3_000)], offered: accelerating(2, 26) }),
        ...load({ labels: { run: "far" }, capacity: [hold(84, 3_000)], offered: accelerating(2, 26) }),
        // What has been rising for seven minutes only: ten lead to less.
        ...load({
          labels: { run: "lately" },
          capacity: [hold(48, 3_000)],
          offered: [
            climb(26, 1_080),
            ...[27, 28, 29, 30, 31, 32, 33].map((perSecond) => climb(perSecond, 60)),
            climb(34, 15),
          ],
        }),
        // A jump that looks steep, but half of the capacity is left.
        ...load({
          labels: { run: "jump" },
          capacity: [hold(50, 3_000)],
          offered: [climb(0, 900), climb(24, 900)],
        }),
        ...load({ labels: { run: "steady" }, capacity: [hold(50, 3_000)], offered: [climb(38, 3_000)] }),
        ...load({ labels: { run: "over" }, capacity: [hold(50, 3_000)], offered: [climb(42, 3_000)] }),
      ],
      expect: [
        firesAt(1_200, saying("84%", { run: "over", because: "trend" })),
        firesAt(
          1_500,
          sayingSomething({ run: "near", because: "trend" }),
          sayingSomething({ run: "over", because: "trend" }),
        ),
      ],
    },
    {
      name: "says nothing where nobody tells a capacity",
      proves: ["series absent"],
      everySeconds: 15,
      given: load({ capacity: [], plan: [hold(90, 900)] }),
      expect: silentAt(0, 600),
    },
    {
      name: "says nothing while no capacity was measured",
      proves: ["not yet"],
      everySeconds: 15,
      given: load({ capacity: [hold(0, 900)], plan: [hold(90, 900)] }),
      expect: silentAt(0, 600),
    },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      everySeconds: 15,
      given: load({ capacity: [hold(100, 900)], offered: [climb(60, 600), hold(0, 15), climb(60, 285)] }),
      expect: silentAt(585, 600, 660, 885),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      everySeconds: 15,
      given: load({ capacity: [hold(100, 900)], offered: [late(300), hold(90_000, 15), climb(10, 585)] }),
      expect: silentAt(300, 330, 450, 885),
    },
    {
      name: "begins its two minutes anew when scrapes failed",
      proves: ["late scrape"],
      everySeconds: 15,
      given: load({
        capacity: [hold(100, 300), failed(300), hold(100, 600)],
        plan: [hold(90, 300), failed(300), hold(90, 600)],
      }),
      expect: [
        firesAt(285, saying("90%", { because: "plan" })),
        ...silentAt(300, 600, 705),
        firesAt(720, saying("90%", { because: "plan" })),
      ],
    },
    {
      name: "adds the instances' capacity up, with who was never full as the mean of the others, takes one of their plans, and keeps runs apart",
      proves: ["several instances"],
      everySeconds: 15,
      given: [
        ...load({ labels: { run: "x", instance: "a" }, capacity: [hold(40, 900)], plan: [hold(90, 900)] }),
        ...load({ labels: { run: "x", instance: "b" }, capacity: [hold(60, 900)], plan: [hold(50, 900)] }),
        ...load({ labels: { run: "y", instance: "a" }, capacity: [hold(90, 900)], plan: [hold(60, 900)] }),
        ...load({ labels: { run: "z", instance: "a" }, capacity: [hold(50, 900)], plan: [hold(85, 900)] }),
        ...load({ labels: { run: "z", instance: "b" }, capacity: [hold(0, 900)] }),
      ],
      expect: [
        firesAt(
          600,
          saying("90%", { run: "x", because: "plan" }),
          saying("85%", { run: "z", because: "plan" }),
        ),
      ],
    },
  ],
};

export const CAMPAIGN_OVER_PLAN: AlertTests = {
  alert: "CampaignOverPlan",
  tests: [
    {
      name: "files a ticket when a fifth more than planned have been coming for a minute",
      proves: ["not yet", "now", "over"],
      given: load({
        capacity: [],
        plan: [hold(10, 900)],
        offered: [climb(10, 300), climb(20, 300), climb(10, 300)],
      }),
      // The rate over a minute is above 12 after 15 s.
      expect: [
        ...silentAt(295, 365),
        firesAt(385, saying("200%")),
        firesAt(595, saying("200%")),
        ...silentAt(655),
      ],
    },
    {
      name: "has its limit at 120 % of the plan, and says nothing without one",
      proves: ["not yet", "now"],
      given: [
        ...load({
          labels: { run: "below" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(11.8, 900)],
        }),
        ...load({
          labels: { run: "above" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(12.2, 900)],
        }),
        ...load({ labels: { run: "at" }, capacity: [], plan: [hold(10, 900)], offered: [climb(12, 900)] }),
        ...load({ labels: { run: "small" }, capacity: [], plan: [hold(0.8, 900)], offered: [climb(2, 900)] }),
        ...load({ labels: { run: "no-plan" }, capacity: [], offered: [climb(12, 900)] }),
      ],
      expect: [firesAt(300, saying("122%", { run: "above" }), saying("250%", { run: "small" }))],
    },
    { name: "is silent where nobody tells", proves: ["series absent"], given: [], expect: silentAt(0, 300) },
    {
      name: "takes a restart for what it is",
      proves: ["reset"],
      given: load({
        capacity: [],
        plan: [hold(10, 900)],
        offered: [climb(9, 300), hold(0, 5), climb(9, 595)],
      }),
      expect: silentAt(300, 305, 350, 400),
    },
    {
      name: "does not count what the first sample has already",
      proves: ["first sample"],
      given: load({
        capacity: [],
        plan: [hold(10, 900)],
        offered: [late(300), hold(9_000, 5), climb(9, 595)],
      }),
      expect: silentAt(300, 310, 380, 500),
    },
    {
      name: "begins its minute anew when scrapes fail",
      proves: ["late scrape"],
      given: load({
        capacity: [],
        plan: [hold(10, 300), failed(120), hold(10, 480)],
        offered: [climb(20, 300), failed(120), climb(20, 480)],
      }),
      expect: [firesAt(295, saying("200%")), ...silentAt(310, 420, 500), firesAt(560, saying("200%"))],
    },
    {
      name: "adds instances up, takes the largest of their plans, and keeps runs apart",
      proves: ["several instances"],
      given: [
        ...["a", "b"].flatMap((instance, index) =>
          load({
            labels: { run: "z", instance },
            capacity: [],
            plan: [hold(10 + 5 * index, 900)],
            offered: [climb(8, 900)],
          }),
        ),
        ...load({
          labels: { run: "x", instance: "a" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(8, 900)],
        }),
        ...load({
          labels: { run: "x", instance: "b" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(8, 900)],
        }),
        ...load({
          labels: { run: "y", instance: "a" },
          capacity: [],
          plan: [hold(10, 900)],
          offered: [climb(8, 900)],
        }),
      ],
      expect: [firesAt(300, saying("160%", { run: "x" }))],
    },
  ],
};
