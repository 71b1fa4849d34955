import { randomUUID } from "node:crypto";

/** The body of a signup: somebody who was never there before. */
export function inventPerson(): Record<string, unknown> {
  const own = randomUUID();
  return {
    email: `${own}@state.example`,
    name: `PERSON ${own}`,
    kana: "ヤマダ タロウ",
    kanjiName: "山田太郎",
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: `address ${own}`,
    phone: "090-1234-5678",
    survey: ["a", "b", "c", "d", "e"],
    message: own,
  };
}
