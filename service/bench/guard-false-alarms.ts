/**
 * Healthy answers of random people before the guard's judge: how many it would have kept back. It must be none.
 * `node service/bench/guard-false-alarms.ts [answers, default 1000000] [seed, default 1]`; exit code 1 after the first.
 */
import { createJudge } from "../src/guard/judge.ts";
import { createRandom, healthyAnswers, KEYS } from "./healthy-answers.ts";

const wanted = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const random = createRandom(seed);
const judge = createJudge(KEYS);
const judged = { signup: 0, profile: 0, card: 0, "sign-in": 0, refusal: 0 };
const kept: string[] = [];
let answers = 0;
for (let serial = 1; answers < wanted; serial++) {
  for (const { kind, asked, given } of healthyAnswers(random, serial, serial % 4 === 0)) {
    const judgement = judge(asked, given, 0);
    answers += 1;
    judged[kind] += 1;
    if (judgement.verdict !== "healthy") kept.push(`${kind}: ${JSON.stringify(judgement)} ${given.text}`);
  }
}
process.stdout.write(
  `${answers} healthy answers of random people (seed ${seed}): ${kept.length} kept back\n${JSON.stringify(judged)}\n`,
);
for (const one of kept.slice(0, 5)) process.stdout.write(`${one}\n`);
process.exitCode = kept.length === 0 ? 0 : 1;
