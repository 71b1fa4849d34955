import { expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { createStage } from "./stage.ts";

/** The pages as people use them, and as cunning people do: the guard lets each see their own, and knows every page. */
const stage = createStage();

const TYPED = [
  "plain",
  `<b data-field="email">x@y.test</b>`,
  `" data-field="email" value="x@y.test`,
  `</textarea><p data-field="number">00000000010000000097</p>`,
  "& &amp; &lt; '",
  "  blanks\r\nand lines ",
];

test.each(TYPED)("form, mistake, form again, member page: %s", async (typed) => {
  const service = await stage.start();
  const form = await openForm(service);
  const mistaken = await send(service, form, fieldsOf(typed, { email: `no address ${typed}` }));
  expect([mistaken.status, mistaken.text.includes("data-field=")]).toEqual([422, true]);
  const sent = await send(service, form, fieldsOf(typed, {}));
  expect([sent.status, sent.location]).toEqual([303, "/member"]);
  const member = await fetch(`${service.url}/member`, { headers: { cookie: sent.cookie } });
  expect(member.status).toBe(200);
  expect(await member.text()).toContain('data-field="email"');
  for (const path of ["/", "/join", "/member", "/nowhere"])
    await fetch(`${service.url}${path}`, { redirect: "manual", headers: { accept: "text/html" } });
  const left = await fetch(`${service.url}/leave`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: sent.cookie },
  });
  expect(left.status).toBe(303);
  const metrics = await service.metrics.snapshot("all");
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.values[0]?.value;
  expect(value("crowdproof_guard_unrecognised_total")).toBe(0);
  expect(await stage.sql("select * from anomalies")).toEqual([]);
});

interface Form {
  readonly action: string;
  readonly key: string;
}

async function openForm(service: Service): Promise<Form> {
  const text = await (await fetch(`${service.url}/join`)).text();
  const action = /action="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
  const key = /name="key" value="([^"]+)"/.exec(text)?.[1];
  if (action === undefined || key === undefined) throw new Error("this is not the form");
  return { action, key };
}

async function send(service: Service, { action, key }: Form, fields: Record<string, string>) {
  const response = await fetch(`${service.url}${action}`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ key, ...fields }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return {
    status: response.status,
    location: response.headers.get("location"),
    cookie,
    text: await response.text(),
  };
}

function fieldsOf(typed: string, changes: Record<string, string>): Record<string, string> {
  return {
    email: `person${Math.random()}@example.test`,
    // One line each: what people type into lines has no line ends.
    name: typed.replace(/\s+/g, " "),
    kana: typed.replace(/\s+/g, " "),
    kanjiName: typed.replace(/\s+/g, " "),
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: typed.replace(/\s+/g, " "),
    phone: "090-1234-5678",
    survey1: "friends",
    survey2: "b",
    survey3: "c",
    survey4: "d",
    survey5: "e",
    message: typed,
    ...changes,
  };
}
