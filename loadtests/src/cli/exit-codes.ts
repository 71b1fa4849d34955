/** A number, a name and a sentence for every way to end: a broken run and a failed objective are different numbers. */
export const EXIT_CODES = {
  pass: { code: 0, meaning: "not falsified, as strongly as the report says" },
  fail: { code: 1, meaning: "an invariant, an objective or a demanded alert failed" },
  usage: {
    code: 2,
    meaning: "wrong usage, campaign or target file, or a machine too small; nothing was judged",
  },
  unknown: { code: 3, meaning: "nothing can be said: the run was not valid, or a check saw nothing" },
  bug: { code: 70, meaning: "a bug in Crowdproof" },
  interrupted: { code: 130, meaning: "stopped by Ctrl-C; verdict.json has what was seen until then" },
} as const;
