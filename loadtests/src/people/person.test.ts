import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BEHAVIOURS, type Plan } from "../plan/plan.ts";
import { createCanaryCodec } from "./canary.ts";
import { CANARY_FIELDS, COMPARED_FIELDS } from "./field.ts";
import { createPerson } from "./person.ts";

const behaviour = (name: (typeof BEHAVIOURS)[number]) => BEHAVIOURS.indexOf(name);

function cast(runId: string) {
  const plan = {
    runId,
    arrivals: {
      behaviour: [
        behaviour("plain"),
        behaviour("pair"),
        behaviour("pair"),
        behaviour("shared-key"),
        behaviour("shared-key"),
      ],
      group: [0, 1, 1, 3, 3],
    },
    target: { emailDomain: "crowd.example" },
  } as unknown as Plan;
  const codec = createCanaryCodec({
    runId,
    hmacSha256: (key, message) => createHmac("sha256", key).update(message).digest("hex"),
    decodeBase64: (text) => Buffer.from(text, "base64").toString(),
  });
  return { codec, person: (visitor: number) => createPerson({ plan, visitor, codec }) };
}

const { codec, person } = cast("cp-0123456789abc");

describe("a person", () => {
  it("is the same for the same run id and visitor, and nobody else's double", () => {
    expect(person(17)).toEqual(cast("cp-0123456789abc").person(17));
    expect(person(17).email).not.toBe(person(18).email);
    expect(person(17).email).not.toBe(cast("cp-0123456789abd").person(17).email);
  });

  it("has their own canary at the head of every field that can hold one, and it survives a cut to 24 characters", () => {
    const { visitor, ...fields } = person(17);
    for (const field of CANARY_FIELDS) {
      expect(codec.find(fields[field].slice(0, 24))).toEqual([{ runTag: codec.runTag, visitor, field }]);
    }
    for (const field of COMPARED_FIELDS) expect(codec.find(fields[field])).toEqual([]);
  });

  it("has plausible small fields, a telephone number nobody has and an address of the benchmark network", () => {
    for (let visitor = 0; visitor < 300; visitor++) {
      const { birthDate, phone, postalCode, ipAddress, key, ...rest } = person(visitor);
      expect(new Date(`${birthDate}T00:00:00Z`).toISOString().slice(0, 10)).toBe(birthDate);
      expect(phone).toMatch(/^090-0\d{3}-\d{4}$/);
      expect(postalCode).toMatch(/^\d{3}-\d{4}$/);
      expect(ipAddress).toMatch(/^198\.1[89]\.\d{1,3}\.\d{1,3}$/);
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      for (const field of COMPARED_FIELDS) if (field in rest) expect(rest[field as "sex"]).not.toBe("");
    }
  });

  it("has an e-mail address of at most 64 characters before the @, different in every run", () => {
    expect(person(1_048_575).email).toMatch(/^q[a-z]{23}\.0123456789abc@crowd\.example$/);
  });

  it("of a pair has the other's e-mail address and canary, and all else of their own", () => {
    expect(person(2).email).toBe(person(1).email);
    expect(person(2).emailVisitor).toBe(1);
    expect(person(2).latinName).not.toBe(person(1).latinName);
    expect(person(2).key).not.toBe(person(1).key);
  });

  it("with a shared key shares the key alone", () => {
    expect(person(4).key).toBe(person(3).key);
    expect(person(4).email).not.toBe(person(3).email);
    expect(person(4).emailVisitor).toBe(4);
  });
});
