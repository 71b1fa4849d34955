import { expect, test } from "vitest";
import { CommitUnknownError } from "../db/database.ts";
import { ServiceError } from "../service-error.ts";
import { translateError } from "./translate-error.ts";

const coded = (code: string) => Object.assign(new Error("trouble"), { code });
const refused = new ServiceError("email-taken", "taken");

test.each([
  { name: "a host that cannot be reached", error: coded("EHOSTUNREACH"), code: "unavailable" },
  { name: "a host that is down", error: coded("EHOSTDOWN"), code: "unavailable" },
  { name: "a network that cannot be reached", error: coded("ENETUNREACH"), code: "unavailable" },
  { name: "a connection that was aborted", error: coded("ECONNABORTED"), code: "unavailable" },
  { name: "a connection that was reset", error: coded("ECONNRESET"), code: "unavailable" },
  { name: "a statement that took too long", error: coded("57014"), code: "unavailable" },
  { name: "a connection without a code", error: new Error("Connection terminated"), code: "unavailable" },
  {
    name: "a commit whose answer was lost, on a host that went away",
    error: new CommitUnknownError("lost", { cause: coded("EHOSTUNREACH") }),
    code: "indeterminate",
  },
  { name: "an outcome", error: refused, code: "email-taken" },
  { name: "a statement that is wrong", error: coded("42601"), code: undefined },
  { name: "a file that is not there", error: coded("ENOENT"), code: undefined },
  { name: "what is no error", error: "EHOSTUNREACH", code: undefined },
])("$name means $code", ({ error, code }) => {
  expect(translateError(error)?.code).toBe(code);
});
