import { describe, expect, it } from "vitest";
import { hostOf, isAllowedUrl } from "./allowed-url.ts";

const target = { hosts: ["127.0.0.1", "Signup.Example", "::1"] };

describe("a URL", () => {
  it.each([
    "http://127.0.0.1:3000/a?b#c",
    "https://signup.example",
    "HTTPS://SIGNUP.example/x",
    "http://[::1]:80/",
    "http://signup.example?x=http://evil.example",
  ])("on one of the hosts may be spoken to: %s", (url) => {
    expect(isAllowedUrl(target, url)).toBe(true);
    // The parser that sends it must agree on the host.
    expect(new URL(url).hostname.replace(/^\[|\]$/g, "")).toBe(hostOf(url));
  });

  it.each([
    "http://evil.example/",
    "http://127.0.0.1@evil.example/",
    "http://127.0.0.1:80@evil.example/",
    "http://evil.example#@127.0.0.1/",
    "http://evil.example\\@127.0.0.1/",
    "http://127.0.0.1.evil.example/",
    "http://signup.example.evil.example/",
    "http:/127.0.0.1/",
    "//127.0.0.1/",
    "ftp://127.0.0.1/",
    "javascript:alert(1)//127.0.0.1",
    "http://127.0.0.1\t.evil.example/",
    " http://127.0.0.1/",
    "http://",
    "",
  ])("elsewhere, or of which parsers disagree, may not: %s", (url) => {
    expect(isAllowedUrl(target, url)).toBe(false);
  });
});
