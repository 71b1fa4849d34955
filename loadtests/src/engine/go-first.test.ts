import { execFileSync } from "node:child_process";
import { getPriority, setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { startFirst } from "./go-first.ts";

const mayGoFirst = (() => {
  const before = getPriority();
  try {
    setPriority(before - 1);
    setPriority(before);
    return true;
  } catch {
    return false;
  }
})();

it("a process that is started first has its priority, and who started it keeps their own", () => {
  const before = getPriority();
  const own = startFirst(() => execFileSync("nice", { encoding: "utf8" }));
  expect(Number(own)).toBe(mayGoFirst ? Math.min(before, -5) : before);
  expect(getPriority()).toBe(before);
});

it("a thread goes first alone", async () => {
  const before = getPriority();
  const text = `import("${new URL("./go-first.ts", import.meta.url).href}").then(({ goFirst }) => {
    goFirst();
    require("node:worker_threads").parentPort.postMessage(require("node:os").getPriority());
  })`;
  const worker = new Worker(text, { eval: true });
  const own = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  await worker.terminate();
  expect(own).toBe(mayGoFirst ? Math.min(before, -5) : before);
  expect(getPriority()).toBe(before);
});
