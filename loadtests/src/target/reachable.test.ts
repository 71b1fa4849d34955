import { expect, it } from "vitest";
import { handmadeTarget } from "../../test/conformance.ts";
import { UsageError } from "../usage-error.ts";
import { requireReachable } from "./reachable.ts";

it.each([
  { name: "a bare IP address", value: "10.0.0.5" },
  { name: "a host and a port", value: "localhost:3000" },
  { name: "a port that is none", value: "http://127.0.0.1:99999" },
  { name: "a user and a password", value: "http://me:secret@127.0.0.1" },
  { name: "a query", value: "http://127.0.0.1?x=1" },
  { name: "nothing", value: "" },
])("refuses $name that the environment put into baseUrl, and does not show it", async ({ value }) => {
  const target = handmadeTarget("${env:SIGNUP_URL}", []);
  const reaching = requireReachable(target, { "env:SIGNUP_URL": value });
  await expect(reaching).rejects.toThrow(UsageError);
  await expect(reaching).rejects.toThrow(
    /^baseUrl of scripted, \$\{env:SIGNUP_URL\}, is no address .*fragment\.$/,
  );
});
