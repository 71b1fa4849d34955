import { expect, it } from "vitest";
import { UsageError } from "../usage-error.ts";
import { chooseEngine } from "./choose-engine.ts";

const here = { path: "/opt/k6", version: "2.2.0" };
const absent = { missing: "k6 is nowhere." };
const whyNot = "it speaks no HTTP/2 here";

it("takes k6 where it is and can send the plan", () => {
  expect(chooseEngine("auto", here, null)).toEqual({
    engine: "k6",
    k6Path: "/opt/k6",
    why: "k6 v2.2.0 is here",
  });
  expect(chooseEngine("embedded", here, null)).toEqual({ engine: "embedded", why: "asked for" });
});

it("settles for the embedded engine, and says why, where k6 is absent or cannot send the plan", () => {
  expect(chooseEngine("auto", absent, null).why).toBe("no k6 here: k6 is nowhere.");
  expect(chooseEngine("auto", here, whyNot)).toEqual({
    engine: "embedded",
    why: "k6 cannot send this: it speaks no HTTP/2 here.",
  });
});

it("never settles for another engine than the one that was asked for", () => {
  expect(() => chooseEngine("k6", absent, null)).toThrow(UsageError);
  expect(() => chooseEngine("k6", here, whyNot)).toThrow(/cannot send this: it speaks no HTTP\/2 here\. Or/);
});
