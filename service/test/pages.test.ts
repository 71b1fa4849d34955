import { expect, test } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage();

test("smoke", async () => {
  const page = await fetch(`${service.url}/join`, { headers: { "accept-language": "ja" } });
  const markup = await page.text();
  const action = /action="([^"]+)"/.exec(markup)?.[1] ?? "";
  const key = /name="key" value="([^"]+)"/.exec(markup)?.[1] ?? "";
  const typed = {
    kanjiName: "山田 <b>花子",
    kana: "ヤ",
    name: "H Y",
    sex: "female",
    birthDate: "1980-01-01",
    email: "a@b.example",
    postalCode: "100-0001",
    address: "x",
    phone: "090",
    survey1: "daily",
    survey2: "app",
    survey3: "noon",
    survey4: "5",
    survey5: "bus",
    message: "a\r\nb",
    key,
  };
  const post = (body: object) =>
    fetch(`${service.url}${action.replaceAll("&amp;", "&")}`, {
      method: "POST",
      redirect: "manual",
      headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ ...body }).toString(),
    });
  const wrong = await post({ ...typed, phone: "x", survey2: "" });
  const right = await post(typed);
  const member = await fetch(`${service.url}/member`, {
    headers: { cookie: right.headers.getSetCookie()[0]?.split(";")[0] ?? "", "accept-language": "ja" },
  });
  expect(member.status).toBe(200);
});
