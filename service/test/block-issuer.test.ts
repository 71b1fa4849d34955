import { expect, test } from "vitest";
import { createBlockIssuer } from "../src/member/block-issuer.ts";
import type { Issuer } from "../src/member/issuer.ts";
import { createStage } from "./stage.ts";

const stage = createStage();

test("two services at once give no number twice, and leave none out, beyond the end of their blocks", async () => {
  const issuers: Issuer[] = [];
  for (let count = 0; count < 2; count += 1) {
    await stage.start({
      seams: {
        createIssuer(context) {
          const issuer = createBlockIssuer(context);
          issuers.push(issuer);
          return issuer;
        },
      },
    });
  }
  const issued = await Promise.all(
    issuers.flatMap((issuer) => Array.from({ length: 2_000 }, () => issuer.issue())),
  );
  const serials = issued.map((number) => Number(number.slice(0, 10))).sort((a, b) => a - b);
  // Blocks as large as the sequence's step, neither more (twice) nor less (gaps).
  expect(serials).toEqual(serials.map((_, at) => at + 1));
});
