import { expect, it } from "vitest";
import { wholeNumber } from "./parse-number.ts";
import { webUrl, webUrls } from "./parse-url.ts";

const perMinute = wholeNumber("--per-minute", { min: 1, max: 60 });

it.each(["1", "6", "60"])("takes %s, which is within the bounds", (text) => {
  expect(perMinute(text)).toBe(Number(text));
});

it.each(["0", "61", "1.5", "-1", "", " ", "many", "1e3", "0x100"])(
  "refuses %j, and says what to type",
  (text) => {
    expect(() => perMinute(text)).toThrow(
      `--per-minute ${text}: expected a whole number from 1 to 60. Type e.g. --per-minute 1.`,
    );
  },
);

it("names no bound that is none", () => {
  expect(() => wholeNumber("--seed")("x")).toThrow(
    "--seed x: expected a whole number of 0 or more. Type e.g. --seed 1.",
  );
});

it("takes web addresses, several with commas, and leaves a slash at their end", () => {
  expect(webUrl("--halt-webhook", 3001)("http://127.0.0.1:3001/alerts")).toBe("http://127.0.0.1:3001/alerts");
  expect(webUrls("--alertmanager", 9093)("http://127.0.0.1:9093/, https://am.example/x/")).toEqual([
    "http://127.0.0.1:9093",
    "https://am.example/x",
  ]);
});

it.each(["localhost:9093", "ftp://127.0.0.1", "127.0.0.1", "", "http://"])(
  "refuses the address %j",
  (text) => {
    expect(() => webUrls("--alertmanager", 9093)(text)).toThrow(
      `--alertmanager ${text}: expected an http or https URL, such as --alertmanager http://127.0.0.1:9093`,
    );
  },
);

it("takes a password with a % that is escaped, and refuses one that is not without showing it", () => {
  const webhook = webUrl("--halt-webhook", 3001);
  expect(webhook("http://me:50%25@127.0.0.1/")).toBe("http://me:50%25@127.0.0.1");
  for (const text of ["http://me:secret%@127.0.0.1/", "http://me:secret%zz@127.0.0.1/", "http://%ff:x@a/"]) {
    expect(() => webhook(text)).toThrow(
      /^--halt-webhook: a % in its user or password is written %25 in a URL\.$/,
    );
  }
});
