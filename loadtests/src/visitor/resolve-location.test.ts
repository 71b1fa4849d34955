import { describe, expect, test } from "vitest";
import { resolveLocation } from "./resolve-location.ts";

describe("a Location", () => {
  const locations = [
    "http://g.test/x?y",
    "//g.test/x",
    "/x?y=../z",
    "x",
    "./x",
    "../x",
    "../../../x",
    "..",
    ".",
    "?q",
    "",
    "x#fragment",
    "/a/./b/../c/",
  ];
  const bases = ["http://h.test:81/one/two/three?q=1", "https://h.test", "http://[::1]:81/a/"];
  for (const base of bases) {
    test.each(locations)(`%j from ${base} is resolved as URL does`, (location) => {
      const url = new URL(location, base);
      url.hash = "";
      const resolved = resolveLocation(base, location);
      expect(new URL(resolved).href).toBe(url.href);
      expect(resolved).not.toContain("#");
    });
  }
});
