import { describe, expect, test } from "vitest";
import type { AnswerCookie } from "../engine/port.ts";
import { cookieHeader, EMPTY_JAR, withCookies } from "./cookie-jar.ts";

const cookie = (name: string, over: Partial<AnswerCookie> = {}): AnswerCookie => ({
  name,
  value: "1",
  path: null,
  domain: null,
  isExpired: false,
  ...over,
});

const ROWS: { name: string; set: AnswerCookie; from: string; to: string; sent: string | null }[] = [
  { name: "goes back to its host", set: cookie("a"), from: "http://h/", to: "http://h/x", sent: "a=1" },
  { name: "goes to no other host", set: cookie("a"), from: "http://h/", to: "http://g/", sent: null },
  {
    name: "goes to no subdomain unless it says so",
    set: cookie("a"),
    from: "http://h.test/",
    to: "http://a.h.test/",
    sent: null,
  },
  {
    name: "goes to subdomains of its domain",
    set: cookie("a", { domain: ".h.test" }),
    from: "http://b.h.test/",
    to: "http://a.h.test/",
    sent: "a=1",
  },
  {
    name: "is not taken for somebody else's domain",
    set: cookie("a", { domain: "g.test" }),
    from: "http://h.test/",
    to: "http://g.test/",
    sent: null,
  },
  {
    name: "stays under its path",
    set: cookie("a", { path: "/deep" }),
    from: "http://h/",
    to: "http://h/deeper",
    sent: null,
  },
  {
    name: "goes below its path",
    set: cookie("a", { path: "/deep" }),
    from: "http://h/",
    to: "http://h/deep/er?q=/",
    sent: "a=1",
  },
  {
    name: "belongs to the folder that set it",
    set: cookie("a"),
    from: "http://h/one/two",
    to: "http://h/one/three",
    sent: "a=1",
  },
  {
    name: "belongs to no other folder",
    set: cookie("a"),
    from: "http://h/one/two",
    to: "http://h/",
    sent: null,
  },
];

describe("a cookie", () => {
  test.each(ROWS)("$name", ({ set, from, to, sent }) => {
    expect(cookieHeader(withCookies(EMPTY_JAR, [set], from), to)).toBe(sent);
  });

  test("is replaced by its successor and removed by an expired one", () => {
    const jar = withCookies(EMPTY_JAR, [cookie("a"), cookie("b"), cookie("a", { value: "2" })], "http://h/");
    expect(cookieHeader(jar, "http://h/")).toBe("a=2; b=1");
    const later = withCookies(jar, [cookie("b", { isExpired: true })], "http://h/");
    expect(cookieHeader(later, "http://h/")).toBe("a=2");
  });

  test("of a longer path comes first", () => {
    const jar = withCookies(EMPTY_JAR, [cookie("a"), cookie("b", { path: "/deep" })], "http://h/");
    expect(cookieHeader(jar, "http://h/deep")).toBe("b=1; a=1");
  });
});
