import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../arrivals/random.ts";
import type { Step, Target } from "../target/target.ts";
import { cookieHeader } from "./cookie-jar.ts";
import {
  EMPTY_MEMORY,
  namesCaptured,
  remember,
  sessionPlacesOf,
  withForgedSession,
  withoutSession,
  withPartner,
} from "./visitor-memory.ts";

const step: Step = {
  name: "read",
  role: "read-own",
  method: "GET",
  path: "/members/${captured.memberId}",
  headers: { authorization: "Bearer ${captured.token}" },
  redirects: 0,
  timeoutSeconds: 1,
  captures: { token: { json: "/token" }, memberId: { json: "/id" } },
  session: { json: "/token" },
  means: {},
  fields: {},
};
const bearer = sessionPlacesOf({ steps: [step] } as Target);
const cookie = sessionPlacesOf({ steps: [{ ...step, session: { cookie: "sid" } }] } as Target);
const url = "http://h/";
const given = (sid: string, token = "abc", memberId = "M1") => ({
  cookies: [
    {
      url,
      cookies: [
        { name: "sid", value: sid, path: null, domain: null, isExpired: false },
        { name: "lang", value: "en", path: null, domain: null, isExpired: false },
      ],
    },
  ],
  captured: { token, memberId },
});
const memory = (sid = "s") => remember(EMPTY_MEMORY, given(sid));
const random = createRandom(1, "memory");

describe("a visitor's memory", () => {
  test("is not changed by what is remembered later", () => {
    const before = memory();
    remember(before, given("other", "t2"));
    expect(cookieHeader(before.jar, url)).toBe("sid=s; lang=en");
    expect(before.captured["token"]).toBe("abc");
  });

  test("without its session sends no cookie and no token, and keeps the rest", () => {
    const without = withoutSession(memory(), bearer);
    expect(cookieHeader(without.jar, url)).toBeNull();
    expect(without.captured).toEqual({ token: "", memberId: "M1" });
  });

  test("forges the session's cookie alone", () => {
    const forged = cookieHeader(withForgedSession(memory("3f9a"), cookie, random).jar, url);
    expect(forged).toMatch(/^sid=[0-9a-f]{4}; lang=en$/);
    expect(forged).not.toContain("3f9a");
  });

  test("forges a captured token alone", () => {
    const { captured } = withForgedSession(memory(), bearer, random);
    expect(captured["token"]).toMatch(/^[0-9a-f]{3}$/);
    expect(captured["token"]).not.toBe("abc");
    expect(captured["memberId"]).toBe("M1");
  });

  test("forges every cookie where the target file names no session", () => {
    const places = sessionPlacesOf({ steps: [{ ...step, session: undefined }] } as unknown as Target);
    expect(cookieHeader(withForgedSession(memory("zz"), places, random).jar, url)).not.toContain("lang=en");
  });

  test("keeps the shape of what it forges, and never the value", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), (value) => {
        const places = { cookies: new Set<string>(), captured: new Set(["token"]) };
        const before = { ...EMPTY_MEMORY, captured: { token: value } };
        const forged = withForgedSession(before, places, random).captured["token"] ?? "";
        expect(forged.replace(/[A-Za-z0-9]/g, "a")).toBe(value.replace(/[A-Za-z0-9]/g, "a"));
        const bare = value.replace(/%[0-9A-Fa-f]{2}/g, "");
        expect(forged === value).toBe(!/[A-Za-z0-9]/.test(bare));
      }),
    );
  });

  test("asks with its own session for the partner's ID", () => {
    expect(withPartner(memory(), bearer, { token: "theirs", memberId: "M2" }).captured).toEqual({
      token: "abc",
      memberId: "M2",
    });
  });

  test("knows in which steps a partner's ID could stand", () => {
    expect(namesCaptured(step, { memberId: "M2" }, bearer)).toBe(true);
    expect(namesCaptured({ ...step, path: "/me" }, { token: "t", memberId: "M2" }, bearer)).toBe(false);
  });
});
