import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createTcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import { DEFAULT_SEAMS, type Seams } from "../src/seams.ts";
import type { Service } from "../src/service.ts";
import { newTyped, open, type Sheet, send, visit } from "./page-visitor.ts";
import { createStage, get, metricsOf, newPerson, signUp } from "./stage.ts";

const stage = createStage();
const PATIENCE = { timeout: 10_000 };
/** Whoever comes while two are at work is given a place. */
const SMALL = { WORKING_MAX: "2", QUEUE_MAX: "0" };

/** While the table is locked nobody becomes a member, and a crowd of programs stands in the line. */
async function whileCrowded<Result>(service: Service, work: () => Promise<Result>): Promise<Result> {
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const crowd = Array.from({ length: 30 }, () => signUp(service, newPerson()));
  try {
    await expect
      .poll(() => metricsOf(service), PATIENCE)
      .toMatch(/signups_total\{outcome="waiting"\} (1\d|2\d)/);
    return await work();
  } finally {
    await stage.sql("commit");
    await Promise.all(crowd);
  }
}

async function becomeMember(service: Service, typed = newTyped(), language = "en") {
  const sent = await send(service, await visit(service, "/join", { language }), typed, { language });
  expect(sent).toMatchObject({ status: 303, next: "/member" });
  return { cookie: sent.cookie ?? "", typed };
}

const countMembers = async () =>
  (await stage.sql<{ n: number }>("select count(*)::int as n from members"))[0]?.n;

const nothingBlocked = async (service: Service) => {
  const metrics = await metricsOf(service);
  expect(metrics).toMatch(/crowdproof_guard_unrecognised_total 0/);
  expect(metrics).not.toMatch(/crowdproof_anomalies_total\{[^}]*\} [1-9]/);
};

describe("with room,", () => {
  test("a person is shown the form, fills it in, and sees their card and all they told", async () => {
    const service = await stage.start();
    expect(await open(service, "/")).toMatchObject({ status: 303, next: "/join" });
    const form = await open(service, "/join", { language: "ja" });
    expect(form).toMatchObject({ status: 200, kind: "form", cookie: undefined });
    const typed = newTyped({ message: "一行目\r\n二行目 <b>&amp; \"'" });
    const sent = await send(service, form, typed, { language: "ja" });
    expect(sent).toMatchObject({ status: 303, next: "/member", markup: "" });
    const member = await open(service, "/member", { cookie: sent.cookie, language: "ja" });
    expect(member).toMatchObject({ status: 200, kind: "member" });
    const profile = (await get(service, "/me", sent.cookie)).body;
    expect(member.text("[data-field=number]:not(.card *)")).toBe(profile["number"]);
    expect(member.text(".card [data-field=number]").replaceAll(" ", "")).toBe(profile["number"]);
    for (const field of ["email", "kana", "birthDate", "postalCode", "address", "phone"] as const)
      expect(member.text(`[data-field=${field}]`)).toBe(typed[field]);
    expect(member.text("[data-field=sex]")).toBe("女性");
    expect(profile["survey"]).toEqual(["daily", "app", "noon", "5", "on foot"]);
    expect(profile["message"]).toBe(typed["message"]);
    expect(await open(service, "/", { cookie: sent.cookie })).toMatchObject({ next: "/member" });
    await nothingBlocked(service);
  });

  test("sending the form twice, at once or again, makes one member with one number", async () => {
    const service = await stage.start();
    const form = await visit(service, "/join");
    const typed = newTyped();
    const both = await Promise.all([send(service, form, typed), send(service, form, typed)]);
    const third = await send(service, form, typed);
    const numbers = await Promise.all(
      [...both, third].map(async ({ cookie }) => (await get(service, "/me", cookie)).body["number"]),
    );
    expect(new Set(numbers).size).toBe(1);
    expect(await countMembers()).toBe(1);
  });

  test("the same form with another person's data is refused, and says who is the member", async () => {
    const service = await stage.start();
    const form = await visit(service, "/join");
    await send(service, form, newTyped());
    const other = await send(service, form, newTyped());
    expect(other).toMatchObject({ status: 422, kind: "notice", code: "key-reused", cookie: undefined });
    expect(other.markup).toContain('href="/member"');
    expect(await countMembers()).toBe(1);
  });

  test("a mistake is shown at its field, with all that was typed, in no address, and costs no turn", async () => {
    const service = await stage.start();
    const form = await visit(service, "/join");
    const typed = newTyped({
      kanjiName: `"><script>alert(1)</script>`,
      phone: "ninety",
      email: "nobody",
      survey2: "",
      message: "\nline one\r\nline two",
    });
    const again = await send(service, form, typed);
    expect(again).toMatchObject({ status: 422, kind: "form", cookie: undefined, next: undefined });
    // A parser of HTML has one kind of line break; a browser sends the other again.
    const message = "\nline one\nline two";
    expect(again.values).toEqual({ ...form.values, ...typed, message });
    expect(again.text("#phone-error")).toBe("Please give digits, blanks, hyphens and brackets only.");
    expect(again.text("#email-error, #survey2-error")).not.toBe("");
    expect(again.markup.match(/aria-invalid="true"/g)).toHaveLength(3);
    expect(again.text(".note.bad li")).toBe("E-mail addressTelephone numberWhere did you hear of this?");
    expect(again.markup).not.toContain("<script");
    expect(again.action).toBe(form.action);
    expect(await send(service, again, newTyped())).toMatchObject({ status: 303 });
    expect(await metricsOf(service)).toMatch(/tickets_total\{event="let-in"\} 1/);
    await nothingBlocked(service);
  });

  test("an address that is taken is a mistake of its field", async () => {
    const service = await stage.start();
    const { typed } = await becomeMember(service);
    const again = await send(service, await visit(service, "/join"), { ...typed, name: "SOMEBODY ELSE" });
    expect(again).toMatchObject({ status: 409, kind: "form", cookie: undefined });
    expect(again.text("#email-error")).toBe("This e-mail address is registered already.");
    await nothingBlocked(service);
  });

  test("what it takes to find an address taken counts for the door, as it does for programs", async () => {
    const service = await stage.start();
    const { typed } = await becomeMember(service);
    const forms = await Promise.all(Array.from({ length: 8 }, () => visit(service, "/join")));
    expect(await metricsOf(service)).toContain("crowdproof_signups_limit 32\n");
    await stage.sql("begin");
    await stage.sql("lock table members in exclusive mode");
    const sending = forms.map((form) => send(service, form, { ...typed, name: "SOMEBODY ELSE" }));
    try {
      await expect.poll(() => metricsOf(service), PATIENCE).toContain("crowdproof_signups_working 8\n");
      // Slower than the door tolerates with nothing known, so that it takes fewer at once.
      await sleep(300);
    } finally {
      await stage.sql("commit");
    }
    for (const sent of await Promise.all(sending)) expect(sent.status).toBe(409);
    expect(await metricsOf(service)).toMatch(/crowdproof_signups_limit (1\d|2\d)\n/);
  });

  test("leaving ends the session, and the member stays one", async () => {
    const service = await stage.start();
    const { cookie } = await becomeMember(service);
    const page = await open(service, "/member", { cookie });
    const left = await send(service, page, {}, { cookie });
    expect(left).toMatchObject({ status: 303, next: "/", cookie: "session=" });
    expect(await open(service, "/member", { cookie })).toMatchObject({ status: 401, code: "no-session" });
    expect(await countMembers()).toBe(1);
    await nothingBlocked(service);
  });
});

describe("without room,", () => {
  test("a person waits at an address of their own: place, time, Refresh; no cookie, no ID, nothing of anybody", async () => {
    const service = await stage.start({ env: SMALL });
    await whileCrowded(service, async () => {
      const sent = await open(service, "/join", { language: "ja" });
      expect(sent).toMatchObject({ status: 303, cookie: undefined });
      expect(sent.next).toMatch(/^\/join\?ticket=[\w-]+$/);
      const wait = await open(service, sent.next ?? "", { language: "ja" });
      expect(wait).toMatchObject({ status: 503, kind: "wait", code: "waiting", cookie: undefined });
      expect(wait.headers.get("refresh")).toMatch(/^\d+;url=\/join\?ticket=[\w-]+$/);
      expect(wait.headers.get("refresh")).toContain(`${wait.headers.get("retry-after")};`);
      expect(wait.markup).not.toMatch(/@(?!media)|\d{20}|data-field/);
      // Early: the same time, whoever looks and however often.
      const again = await open(service, wait.next ?? "", { language: "ja" });
      expect(again.text("time")).toBe(wait.text("time"));
    });
    await nothingBlocked(service);
  });

  test("at the time told the page is the form, also late within the grace; after it there is a new place", async () => {
    let offsetMs = 0;
    const service = await stage.start({ env: SMALL, seams: { clock: () => Date.now() + offsetMs } });
    const wait = await whileCrowded(service, async () => {
      const wait = await visit(service, "/join");
      expect(wait.kind).toBe("wait");
      return wait;
    });
    const toldSeconds = Number(wait.headers.get("retry-after"));
    offsetMs = toldSeconds * 1_000;
    const form = await open(service, wait.next ?? "");
    expect(form).toMatchObject({ status: 200, kind: "form" });
    offsetMs = (toldSeconds + 280) * 1_000;
    expect(await open(service, wait.next ?? "")).toMatchObject({ status: 200, kind: "form" });
    expect(await send(service, form, newTyped())).toMatchObject({ status: 303, next: "/member" });
    offsetMs = (toldSeconds + 400) * 1_000;
    expect(await visit(service, wait.next ?? "")).toMatchObject({ kind: "form" });
    expect(await metricsOf(service)).toMatch(/tickets_total\{event="late"\} 1/);
  });

  test("whoever was shown the form keeps the place: their signup goes before the crowd's", async () => {
    const service = await stage.start({ env: SMALL });
    const form = await visit(service, "/join");
    const sent = await whileCrowded(service, async () => {
      // A newcomer would be told to wait; the holder queues until the table is free.
      const sending = send(service, form, newTyped());
      await expect.poll(() => metricsOf(service), PATIENCE).toMatch(/signups_queued 1/);
      return { sending };
    });
    expect(await sent.sending).toMatchObject({ status: 303, next: "/member" });
  });

  test("a form sent long after its time is given back with what was typed, and goes through", async () => {
    let offsetMs = 0;
    const service = await stage.start({ env: SMALL, seams: { clock: () => Date.now() + offsetMs } });
    const form = await visit(service, "/join");
    offsetMs = 3_600_000;
    const typed = newTyped();
    const later = await whileCrowded(service, () => send(service, form, typed));
    expect(later).toMatchObject({ status: 503, kind: "form", code: "waiting", cookie: undefined });
    expect(later.values).toEqual({ ...form.values, ...typed });
    offsetMs += Number(later.headers.get("retry-after")) * 1_000;
    expect(await send(service, later)).toMatchObject({ status: 303, next: "/member" });
    await nothingBlocked(service);
  });

  test.each(["/join", "/join?ticket=AAAA", `/join?ticket=${"A".repeat(131)}`])(
    "a form that was never shown is not read: POST %s",
    async (action) => {
      const service = await stage.start();
      const sent = await send(service, { action, values: {} }, newTyped());
      expect(sent).toMatchObject({ status: 303, next: "/join", cookie: undefined });
      expect(await countMembers()).toBe(0);
    },
  );
});

describe("where it says no,", () => {
  test("a halted campaign has a page in both languages; a form comes back as typed; members read and leave", async () => {
    const service = await stage.start();
    const { cookie } = await becomeMember(service);
    const form = await visit(service, "/join");
    await stage.sql("update campaign_state set phase = 'halted', reason = 'test', since = now() where true");
    await expect.poll(async () => (await open(service, "/join")).status, PATIENCE).toBe(503);
    for (const [language, title] of [
      ["ja", "ただいま登録の受付を停止しています"],
      ["en", "Signing up is closed at this moment"],
    ] as const) {
      const page = await open(service, "/join", { language });
      expect(page).toMatchObject({ status: 503, kind: "notice", code: "halted", cookie: undefined });
      expect(page.text("h1")).toBe(title);
      expect(page.headers.get("refresh")).toBe(`${page.headers.get("retry-after")};url=/join`);
    }
    const typed = newTyped();
    const again = await send(service, form, typed);
    expect(again).toMatchObject({ status: 503, kind: "form", code: "halted" });
    expect(again.values).toEqual({ ...form.values, ...typed });
    expect(await open(service, "/member", { cookie })).toMatchObject({ status: 200, kind: "member" });
    expect(await send(service, { action: "/leave", values: {} }, {}, { cookie })).toMatchObject({
      status: 303,
    });
    expect(await countMembers()).toBe(1);
    await nothingBlocked(service);
  });

  test("a database that is away is a page for people, and JSON for programs", async () => {
    const proxy = await createTcpProxy(stage.url);
    const service = await stage.start({ databaseUrl: proxy.url });
    const { cookie } = await becomeMember(service);
    const form = await visit(service, "/join");
    proxy.cut();
    const page = await open(service, "/member", { cookie });
    expect(page).toMatchObject({ status: 503, kind: "notice", code: "unavailable", next: "/member" });
    expect(await get(service, "/me", cookie)).toMatchObject({ status: 503, body: { code: "unavailable" } });
    const typed = newTyped();
    const again = await send(service, form, typed);
    expect(again).toMatchObject({ status: 503, kind: "form" });
    expect(["unavailable", "halted"]).toContain(again.code);
    expect(again.values).toEqual({ ...form.values, ...typed });
    proxy.release();
    await expect.poll(async () => (await send(service, again)).status, PATIENCE).toBe(303);
    await service.close();
    await proxy.close();
  });

  test("what the guard keeps back is a page too, without a word of what it was", async () => {
    const createProfileReader: Seams["createProfileReader"] = (context) => {
      const { read } = DEFAULT_SEAMS.createProfileReader(context);
      return {
        async read(request) {
          const profile = await read(request);
          return profile && { ...profile, name: "SOMEBODY ELSE" };
        },
      };
    };
    const service = await stage.start({ seams: { createProfileReader } });
    const { cookie } = await becomeMember(service);
    const page = await open(service, "/member", { cookie });
    expect(page).toMatchObject({ status: 503, kind: "notice", code: "withheld", cookie: undefined });
    expect(page.markup).not.toContain("SOMEBODY");
    const [style] = /(?<=<style>)[^<]*/.exec(page.markup) ?? [""];
    expect(page.headers.get("content-security-policy")).toContain(hash("sha256", style, "base64"));
    await expect.poll(async () => (await open(service, "/join")).code, PATIENCE).toBe("halted");
  });

  test("a browser is shown a page for whatever it asks, a program none", async () => {
    const service = await stage.start();
    expect(await open(service, "/nowhere")).toMatchObject({ status: 404, kind: "notice" });
    expect(await open(service, "/me")).toMatchObject({ status: 401, kind: "notice", code: "no-session" });
    expect(await get(service, "/nowhere")).toMatchObject({ status: 404, body: { code: "not-found" } });
    await nothingBlocked(service);
  });

  test.each([
    { name: "a name twice", body: "email=a%40b&email=c%40d&key=k", status: 422 },
    { name: "no UTF-8", body: Buffer.from("name=\xff&key=k", "latin1"), status: 422 },
    { name: "no key", body: new URLSearchParams(newTyped()).toString(), status: 422 },
    { name: "too much", body: `message=${"x".repeat(40_000)}`, status: 413 },
    { name: "another kind of body", body: "{}", type: "application/json", status: 415 },
  ])("a form with $name is refused, and registers nobody", async ({ body, type, status }) => {
    const service = await stage.start();
    const { action } = await visit(service, "/join");
    const response = await fetch(service.url + action, {
      method: "POST",
      headers: { "content-type": type ?? "application/x-www-form-urlencoded" },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(/^<!doctype html>/);
    expect(await countMembers()).toBe(0);
    await nothingBlocked(service);
  });
});

describe("every page", () => {
  test.each([
    ["ja", "ja"],
    ["ja-JP,ja;q=0.9,en-US;q=0.8", "ja"],
    ["en-GB,en;q=0.9,ja;q=0.3", "en"],
    ["de,ja;q=0.5,en;q=0.2", "ja"],
    ["fr", "en"],
    ["ja;q=0", "en"],
    [",;q=,ja;q=x", "en"],
    ["", "en"],
  ])("speaks the language that is wanted: %j → %s", async (wanted, given) => {
    const service = await stage.start();
    const page = await open(service, "/member", { language: wanted });
    expect(page.markup).toContain(`<html lang="${given}">`);
    expect(page.headers.get("content-language")).toBe(given);
    expect(page.headers.get("vary")).toBe("Accept-Language");
  });

  test("keeps the language that was picked, from the form to the card and out again", async () => {
    const service = await stage.start();
    const first = await open(service, "/join", { language: "en" });
    const japanese = /href="([^"]+)" lang="ja"/.exec(first.markup)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const form = await open(service, japanese, { language: "en" });
    expect(form.text("h1")).toBe("会員登録");
    const wrong = await send(service, form, newTyped({ phone: "x" }), { language: "en" });
    expect(wrong.text("#phone-error")).toContain("数字");
    const sent = await send(service, wrong, { phone: "090" }, { language: "en" });
    expect(sent.next).toBe("/member?lang=ja");
    const member = await open(service, sent.next ?? "", { language: "en", cookie: sent.cookie });
    expect(member.text("button")).toBe("ログアウト");
    expect((await send(service, member, {}, { cookie: sent.cookie })).next).toBe("/?lang=ja");
    await nothingBlocked(service);
  });

  test("fetches nothing, runs nothing, and is kept by nobody", async () => {
    const service = await stage.start();
    const { cookie } = await becomeMember(service);
    for (const path of ["/join", "/member", "/nowhere"]) {
      const { markup, headers } = await open(service, path, { cookie });
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/^default-src 'none'; /);
      expect(policy).not.toMatch(/unsafe|script|https?:/);
      const style = /<style>([^<]*)<\/style>/.exec(markup)?.[1] ?? "";
      expect(policy).toContain(`style-src 'sha256-${hash("sha256", style, "base64")}'`);
      expect(markup).not.toMatch(/<script|<img|<iframe|style="|\son\w+=|https?:|src="/);
      expect(headers.get("cache-control")).toBe("no-store, private");
      expect(headers.get("referrer-policy")).toBe("same-origin");
    }
  });

  test("is as light as its documentation says", async () => {
    const documented = new Map(
      [...readFileSync("docs/pages.md", "utf8").matchAll(/^\| `(\w+)` .*\| ([\d.]+) \|$/gm)].map(
        ([, page = "", kilobytes]) => [page, Number(kilobytes)],
      ),
    );
    const service = await stage.start({ env: SMALL });
    const { cookie } = await becomeMember(service, newTyped({ message: "x".repeat(200) }));
    const form = await visit(service, "/join", { language: "ja" });
    const pages: Sheet[] = [
      form,
      await send(service, form, { key: form.values["key"] ?? "" }, { language: "ja" }),
      await open(service, "/member", { cookie, language: "ja" }),
      await open(service, "/nowhere", { language: "ja" }),
      await whileCrowded(service, () => visit(service, "/join", { language: "ja" })),
    ];
    const names = ["form", "again", "member", "notice", "wait"];
    expect([...documented.keys()].sort()).toEqual([...names].sort());
    pages.forEach((page, at) => {
      const kilobytes = Buffer.byteLength(page.markup) / 1_000;
      const most = documented.get(names[at] ?? "") ?? 0;
      expect(kilobytes, names[at]).toBeLessThanOrEqual(most);
      // Nor does the documentation claim much more than is true.
      expect(kilobytes, names[at]).toBeGreaterThan(most * 0.7);
    });
  });
});
