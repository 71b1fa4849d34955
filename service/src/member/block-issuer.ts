import { readStatement } from "../db/statement.ts";
import type { SeamContext } from "../seam-context.ts";
import type { Issuer } from "./issuer.ts";

/** As in `001-members.sql`: each value of the sequence opens a block of this many serials. */
const BLOCK_SERIALS = 1_000;
const NEXT_BLOCK = readStatement(import.meta.url, "next-block.sql");

/**
 * Serials from blocks that the database's sequence hands out: one round trip in a thousand signups, no two
 * processes with the same block, and a block lost in a crash is simply never used.
 */
export function createBlockIssuer({ database, numbers }: Pick<SeamContext, "database" | "numbers">): Issuer {
  let next = 1;
  let last = 0;
  let refill: Promise<void> | undefined;

  async function takeBlock(): Promise<void> {
    const [row] = await database.query<{ first: number }>(NEXT_BLOCK);
    if (row === undefined) throw new Error("the sequence of member serials gave no value");
    next = row.first;
    last = row.first + BLOCK_SERIALS - 1;
  }

  return {
    async issue() {
      while (next > last) {
        refill ??= takeBlock().finally(() => {
          refill = undefined;
        });
        await refill;
      }
      const serial = next;
      next += 1;
      return numbers.mint(serial);
    },
  };
}
