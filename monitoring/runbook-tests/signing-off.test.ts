import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { openStage, type Stage } from "../states/stage.ts";
import { shellOf } from "./execute-runbooks.ts";
import { readRunbook, type Step } from "./read-runbook.ts";
import { runSteps } from "./run-steps.ts";

const STAGE_MS_MAX = 120_000;
/** More than the list shows at once (list-unhandled.sql). */
const REPAIRED = 205;
/** What is still unhandled, by kind. */
const LIST: Step = {
  heading: "",
  commands: `curl -sS -H @"$OPERATOR" "$ADMIN/anomalies" | grep -o '"kind":"[^"]*"' | sort | uniq -c`,
  expected: null,
  isColleagues: false,
};

interface Found {
  readonly alert: string;
  /** What the runbook signs off, and how a row of it is put into the database. */
  readonly repaired: string;
  readonly insertRepaired: (when: string, subject: string) => string;
  /** Older than all of it, so that it stands beyond what the list shows. */
  readonly insertUnseen: (when: string, subject: string) => string;
}

const anomaly = (when: string) =>
  `insert into anomalies (id, at, worker, kind, route, fields)
   select gen_random_uuid(), ${when}, 'test', 'wrong-person', '/me', '{}'`;
const finding = (when: string, subject: string) =>
  `insert into auditor_findings (kind, subject, first_seen_at) select 'doctored-row', ${subject}, ${when}`;

const FOUND: readonly Found[] = [
  { alert: "IdAnomaly", repaired: "wrong-person", insertRepaired: anomaly, insertUnseen: finding },
  { alert: "IdAnomalyInDatabase", repaired: "doctored-row", insertRepaired: finding, insertUnseen: anomaly },
];

describeWith("prometheus", "signing off what was found", () => {
  describeWith("curl", "with curl", () => {
    describe.each(FOUND)("$alert", ({ alert, repaired, insertRepaired, insertUnseen }) => {
      let stage: Stage;
      beforeAll(async () => {
        stage = await openStage();
      }, STAGE_MS_MAX);
      afterAll(() => stage?.close());

      it(
        `signs off each ${repaired} that was there, and neither another kind nor one that comes meanwhile`,
        async () => {
          await stage.sql(`${insertUnseen("now() - interval '1 hour'", "'unseen'")};
            ${insertRepaired("now() - n * interval '1 second'", "n::text")} from generate_series(1, ${REPAIRED}) as n;
            create function come_meanwhile() returns trigger language plpgsql security definer set search_path = public as $$ begin
              if (select count(*) = 1 from handled_anomalies) then
                ${insertRepaired("now()", "'meanwhile'")};
              end if;
              return null;
            end $$;
            create trigger come_meanwhile after insert on handled_anomalies for each row execute function come_meanwhile()`);
          const signOff = readRunbook("en", alert).steps.filter(({ commands }) =>
            commands.includes("/handled"),
          );
          const [signedOff, left] = await inNewShell(stage, [...signOff, LIST]);
          expect(signedOff).toMatchObject({ isAsSaid: true });
          const kinds = Object.fromEntries(
            [...(left?.output ?? "").matchAll(/(\d+) "kind":"([^"]+)"/g)].map(([, n, kind]) => [
              kind,
              Number(n),
            ]),
          );
          expect(kinds).toEqual({ "wrong-person": 1, "doctored-row": 1 });
        },
        STAGE_MS_MAX,
      );
    });
  });
});

async function inNewShell(stage: Stage, steps: readonly Step[]) {
  const home = await mkdtemp(join(tmpdir(), "crowdproof-home-"));
  try {
    return await runSteps(steps, await shellOf(stage, home));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
