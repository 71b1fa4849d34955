/** Mutants that no story can tell from the rule, and why; by their ids. The command fails for one that is not here. */
export const SURVIVORS: readonly { readonly reason: string; readonly mutants: readonly string[] }[] = [
  {
    reason: "Only whether there is a series is read here, and not its value.",
    mutants: [
      "IdAnomaly · aggregation · group → count at 110",
      "IdAnomaly · aggregation · group → count at 194",
      "IdAnomaly · aggregation · group → count at 251",
      "IdAnomaly · aggregation · group → count at 399",
      "ProbeSawForeignData · aggregation · group → count at 127",
      "ProbeSawForeignData · aggregation · group → count at 227",
      "ProbeSawForeignData · aggregation · group → count at 291",
      "ProbeSawForeignData · aggregation · group → count at 455",
    ],
  },
  {
    reason: "Above zero, and a quantile, are the same for counts in a second and in five minutes.",
    mutants: [
      "IdAnomaly · function · increase → rate at 139",
      "ProbeSawForeignData · function · increase → rate at 165",
      "CommitsSlow · function · increase → rate at 43",
    ],
  },
  {
    reason:
      "A counter that is new and still at 0 has no event of the last minutes beside it, which is asked for as well.",
    mutants: ["IdAnomaly · comparison · > → >= at 239", "ProbeSawForeignData · comparison · > → >= at 279"],
  },
  {
    reason: "What a longer window holds in addition is too old for the comparison behind it.",
    mutants: [
      "kind:crowdproof_anomalies_total:max · window · 5m → 600000ms at 61",
      "kind:crowdproof_last_anomaly_timestamp_seconds:max · window · 5m → 600000ms at 76",
      "check:crowdproof_probe_violations_total:max · window · 5m → 600000ms at 77",
      "check:crowdproof_probe_last_violation_timestamp_seconds:max · window · 5m → 600000ms at 93",
      "IdAnomaly · window · 5m → 600000ms at 491",
      "ProbeSawForeignData · window · 5m → 600000ms at 564",
    ],
  },
  {
    reason:
      "As long as that the event's own time makes it fire as well; of a time that is ahead every bound holds.",
    mutants: ["ProbeSawForeignData · threshold · 300 → 240 at 440"],
  },
  {
    reason: "Neither side has an instance any more, or it does not matter how many of them match.",
    mutants: [
      "IdAnomaly · label · (run) → (run, instance) at 578",
      "IdAnomaly · label · () → (instance) at 595",
      "IdAnomalyInDatabase · label · (run) → (run, instance) at 129",
      "IdAnomalyInDatabase · label · () → (instance) at 146",
      "ProbeSawForeignData · label · (run) → (run, instance) at 660",
      "ProbeSawForeignData · label · () → (instance) at 677",
      "CampaignHalted · label · (run) → (run, instance) at 64",
      "CampaignHalted · label · (run) → (run, instance) at 77",
    ],
  },
  {
    reason:
      "Differs only where a measured share or rate is the limit to the last bit; floating point makes it neither.",
    mutants: [
      "SignupsBelowOffered · comparison · < → <= at 90",
      "SignupsBelowOffered · comparison · > → >= at 142",
      "PromisesBroken · comparison · < → <= at 135",
      "NewcomersQueueTooLong · comparison · > → >= at 195",
      "WaitToldWrong · comparison · > → >= at 130",
      "WaitToldWrong · comparison · > → >= at 201",
      "CapacityNear · comparison · > → >= at 336",
      "CapacityNear · comparison · > → >= at 425",
      "CommitsSlow · comparison · > → >= at 92",
      "SignupsSlowInCampaign · comparison · > → >= at 44",
      "SignupsSlowInCampaign · comparison · > → >= at 98",
      "SignupsSlowInCampaign · comparison · > → >= at 212",
      "SignupsSlowInCampaign · comparison · > → >= at 265",
      "SignupsSlowThisMonth · comparison · > → >= at 44",
      "SignupsSlowThisMonth · comparison · > → >= at 99",
      "SignupsSlowThisMonth · comparison · > → >= at 216",
      "SignupsSlowThisMonth · comparison · > → >= at 271",
      "SignupsSlowThisMonth · comparison · > → >= at 387",
      "SignupsSlowThisMonth · comparison · > → >= at 441",
    ],
  },
  {
    reason: "The smaller of two that are equal is either.",
    mutants: ["campaign:crowdproof_servable_signups:rate · comparison · < → <= at 53"],
  },
  {
    reason: "So many died or so many did not: between two whole numbers there is none.",
    mutants: ["WorkersDying · threshold · 3 → 2.4 at 103"],
  },
  {
    reason: "How many workers are wanted is configuration: all who tell of one instance tell the same.",
    mutants: ["WorkerMissing · aggregation · max → min at 0"],
  },
  {
    reason: "Only whether it is above zero is read of it; and the share of a campaign is 0.01, 0.1 or 1.",
    mutants: [
      "campaign:crowdproof_newcomers_held_back:flag · aggregation · max → sum at 0",
      "campaign:crowdproof_newcomers_held_back:flag · threshold · 1 → 0.8 at 171",
    ],
  },
  {
    reason: "It never ends, so nothing follows its end.",
    mutants: ["Watchdog · keep_firing_for · 0s → 1m"],
  },
];
