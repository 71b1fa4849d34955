/**
 * Healthy answers of random people before the guard's judge: how many it would have kept back. It must be none.
 * `node service/bench/guard-false-alarms.ts [ANSWERS] [SEED]`, started by `npm run bench -- guard`; writes its report as
 * one line of JSON.
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
process.stdout.write(`${JSON.stringify({ answers, judged, kept: kept.length, first: kept.slice(0, 5) })}\n`);
