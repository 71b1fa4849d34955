import { expect, it } from "vitest";
import { findProgram, howToInstall } from "./find-program.ts";

it("a program that is named is taken, and one that is none is not replaced by another", () => {
  expect(findProgram("prometheus", { ...process.env, PROMETHEUS_BIN: process.execPath })).toBe(
    process.execPath,
  );
  expect(findProgram("prometheus", { ...process.env, PROMETHEUS_BIN: "/typo" })).toBeNull();
});

it("says that the name is wrong where one was given, and how to install it where none was", () => {
  expect(howToInstall("prometheus", { PROMETHEUS_BIN: "/typo" })).toBe(
    "PROMETHEUS_BIN is /typo, which is no program: correct or unset it",
  );
  for (const env of [{}, { PROMETHEUS_BIN: "" }, { PROMETHEUS_BIN: process.execPath }])
    expect(howToInstall("prometheus", env)).toBe(
      "apt-get install prometheus, or npm run build:monitoring, or set PROMETHEUS_BIN",
    );
});
