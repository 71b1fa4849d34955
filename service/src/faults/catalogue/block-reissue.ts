import type { Issuer } from "../../member/issuer.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const blockReissue: Fault = {
  name: "block-reissue",
  incident:
    "numbers given again after a failover: their high-water mark was written behind, and was not the latest",
  breaks: "no member ID is acknowledged to two people",
  shows: "the process dies before the mark is written",
  weather: ["worker-killed"],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  checks: ["ids-unique", "sessions-bound"],
  apply: (seams) => ({
    ...seams,
    schema: [
      ...seams.schema,
      "alter table members drop constraint if exists members_number_key",
      "create table if not exists serial_marks (mark bigint not null)",
      "insert into serial_marks select 0 where not exists (select from serial_marks)",
    ],
    createIssuer: createMarkedIssuer,
  }),
};

/** Serials from memory, so that nobody waits for the database: it is told later how far they came. */
const TOLD_AFTER_MS = 1_500;

function createMarkedIssuer({ database, numbers, log }: SeamContext): Issuer {
  let last: number | undefined;
  let reading: Promise<void> | undefined;
  let isTelling = false;

  async function readMark(): Promise<void> {
    const [row] = await database.query<{ mark: number }>({
      text: "select mark::float8 as mark from serial_marks",
    });
    last = row?.mark ?? 0;
  }

  function tellLater(): void {
    if (isTelling) return;
    isTelling = true;
    setTimeout(() => {
      isTelling = false;
      database
        .query({ text: "update serial_marks set mark = $1" }, [last])
        .catch((error: Error) => log.warn({ name: error.name }, "the mark of serials was not written"));
    }, TOLD_AFTER_MS).unref();
  }

  return {
    async issue() {
      reading ??= readMark();
      await reading;
      last = (last ?? 0) + 1;
      tellLater();
      return numbers.mint(last);
    },
  };
}
