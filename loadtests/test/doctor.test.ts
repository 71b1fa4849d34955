import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Desk, openDesk, ROOT } from "./command-line.ts";
import { describeWith } from "./needs.ts";

/** Each look starts Node twice and four programs; a busy machine takes seconds for that. */
vi.setConfig({ testTimeout: 60_000 });

let desk: Desk;
beforeAll(() => {
  desk = openDesk();
});
afterAll(() => desk.close());

async function doctorOf(name: string, env: Record<string, string>): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await desk.run(["doctor"], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout.split("\n").find((line) => line.slice(5).startsWith(name));
}

const PROGRAMS = [
  { name: "Prometheus", key: "PROMETHEUS_BIN", need: "prometheus" },
  { name: "Alertmanager", key: "ALERTMANAGER_BIN", need: "alertmanager" },
  { name: "promtool", key: "PROMTOOL_BIN", need: "promtool" },
  { name: "Chromium", key: "CHROMIUM_BIN", need: "chromium" },
] as const;

for (const { name, key, need } of PROGRAMS) {
  describeWith(need, "crowdproof doctor", (path) => {
    it(`finds ${name} where ${key} says`, async () => {
      const elsewhere = join(desk.path, need);
      symlinkSync(path, elsewhere);
      const said = await doctorOf(name, { [key]: elsewhere });
      expect(said).toMatch(/^ {2}✓/);
      expect(said).toContain(`(${elsewhere})`);
    });
  });
}

it.each(PROGRAMS.slice(0, 3))(
  "takes no other $name than $key says, and the one that npm run build:monitoring made where it says none",
  async ({ name, key, need }) => {
    const wrong = await doctorOf(name, { [key]: "/typo" });
    expect(wrong).toMatch(/^ {2}– .* missing: /);
    expect(wrong).toContain(`${key} is /typo, which is no program: correct or unset it`);
    const built = join(ROOT, ".build", need);
    const nothingOnPath = join(desk.path, "tmp");
    expect(await doctorOf(name, { PATH: nothingOnPath })).toContain(
      existsSync(built) ? `(${built})` : "or npm run build:monitoring",
    );
  },
);
