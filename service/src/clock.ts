/** The wall clock, passed in where time is the subject. Unix milliseconds. */
export type Clock = () => number;
