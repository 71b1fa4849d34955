import { expect, it } from "vitest";
import { postJson } from "./post-json.ts";

it.each(["http://me:50%@127.0.0.1:1/", "nowhere"])("says why where %s cannot be posted to", async (url) => {
  expect(await postJson(url, "{}", { timeoutMs: 300 })).toEqual(expect.stringMatching(/URI|URL/));
});
