import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type K6Cookie, readCookies } from "../k6/answer-cookies.ts";
import { exhaustion, lossReason } from "../k6/loss-reason.ts";
import { createSleepers } from "../k6/sleepers.ts";

describe("what k6 says of a lost answer", () => {
  const rows = [
    { code: 1050, message: "request timeout", reason: "timeout" },
    { code: 1211, message: "dial: i/o timeout", reason: "timeout" },
    { code: 1212, message: "dial: connection refused", reason: "connection-refused" },
    {
      code: 1213,
      message: "dial: unknown errno 113 error with msg `no route to host`",
      reason: "connection-refused",
    },
    { code: 1101, message: "lookup: no such host", reason: "not-resolved" },
    { code: 1220, message: "read: connection reset by peer", reason: "reset" },
    { code: 1201, message: "write: broken pipe", reason: "reset" },
    { code: 1000, message: "EOF", reason: "reset" },
    { code: 1000, message: "http: server closed idle connection", reason: "reset" },
    { code: 1000, message: "unexpected EOF", reason: "cut" },
    { code: 1000, message: 'malformed HTTP status code "there"', reason: "bad-http" },
    { code: 1000, message: "invalid byte in chunk length", reason: "bad-http" },
    { code: 1701, message: "error decompressing response body (unexpected EOF)", reason: "bad-http" },
    { code: 1310, message: "x509: unknown authority", reason: "bad-http" },
    { code: 1634, message: "http2: stream error with http2 ErrCode REFUSED_STREAM", reason: "reset" },
  ];
  it.each(rows)("$message is $reason", ({ code, message, reason }) => {
    expect(lossReason({ code, message })).toBe(reason);
  });

  it("knows what the machine lacks from what the target does", () => {
    const files = "dial: unknown errno 24 error with msg `too many open files`";
    expect(exhaustion({ code: 1213, message: files })).toMatch(/ulimit -n/);
    expect(exhaustion({ code: 1212, message: "dial: connection refused" })).toBeNull();
  });
});

describe("k6's cookies", () => {
  const now = Date.UTC(2026, 10, 22);
  const cookie = (over: Partial<K6Cookie>): K6Cookie => ({
    name: "a",
    value: "1",
    domain: "",
    path: "",
    max_age: 0,
    expires: -6_795_364_578_871,
    ...over,
  });
  const rows = [
    { name: "neither Max-Age nor Expires", over: {}, isExpired: false },
    { name: "Max-Age=0", over: { max_age: -1 }, isExpired: true },
    { name: "Max-Age before Expires", over: { max_age: 60, expires: 0 }, isExpired: false },
    { name: "1970", over: { expires: 0 }, isExpired: true },
    { name: "tomorrow", over: { expires: now + 86_400_000 }, isExpired: false },
    // What Go makes of it in 64 bits of nanoseconds.
    { name: "the year 9999", over: { expires: -4_852_116_232_933 }, isExpired: false },
  ];
  it.each(rows)("$name", ({ over, isExpired }) => {
    expect(readCookies({ a: [cookie(over)] }, now)).toEqual([
      { name: "a", value: "1", path: null, domain: null, isExpired },
    ]);
  });
});

test("wakes sleepers in the order they are due, whatever the order they lay down in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000)), fc.nat(1_000), (dues, now) => {
      const sleepers = createSleepers();
      const woken: number[] = [];
      for (const due of dues) sleepers.add(due, () => woken.push(due));
      const sorted = dues.toSorted((one, other) => one - other);
      sleepers.wakeUntil(now);
      expect(woken).toEqual(sorted.filter((due) => due <= now));
      expect(sleepers.nextMicroseconds()).toBe(sorted.find((due) => due > now) ?? Infinity);
      sleepers.wakeUntil(Infinity);
      expect(woken).toEqual(sorted);
    }),
  );
});
