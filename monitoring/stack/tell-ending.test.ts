import { parseArgs } from "node:util";
import { expect, it } from "vitest";
import { InterruptedError } from "./interrupted-error.ts";
import { tellEnding } from "./tell-ending.ts";
import { UsageError } from "./usage-error.ts";

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

it.each([
  {
    name: "an option that there is not",
    error: thrownBy(() => parseArgs({ args: ["--fautl"], options: {} })),
    ending: { code: 2, words: expect.stringMatching(/^Unknown option '--fautl'/) },
  },
  {
    name: "what a person can mend",
    error: new UsageError("take another port"),
    ending: { code: 2, words: "take another port" },
  },
  {
    name: "a stop before everything was up",
    error: new InterruptedError("stopped"),
    ending: { code: 130, words: "stopped" },
  },
  {
    name: "a TypeError of our own",
    error: thrownBy(() => (undefined as unknown as { url: string }).url),
    ending: { code: 70, words: expect.stringMatching(/^This is a bug\.\nTypeError: .*\n +at /) },
  },
])("$name is told as what it is", ({ error, ending }) => {
  expect(tellEnding(error)).toEqual(ending);
});
