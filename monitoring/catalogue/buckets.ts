/** From less than a batch takes to the end of a person's patience. */
export const SECONDS_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Fine where objectives are commonly set: 0.25, 0.5, 1 and 2.5 s each have a neighbour on both sides. */
export const SIGNUP_SECONDS_BUCKETS = [
  0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 2, 2.5, 3, 5, 10,
] as const;

/** A told time is a promise of ±2 s or 20 %: below it, at it, and how far beyond. */
export const TOLD_SECONDS_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300] as const;

export const ROWS_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

export const LOOK_SECONDS_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/** A generator that is well starts people within 10 ms of their due time; from a tenth of a second a run says nothing. */
export const START_SECONDS_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
] as const;
