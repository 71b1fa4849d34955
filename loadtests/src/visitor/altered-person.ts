import type { Person } from "../people/field.ts";

/**
 * The same person with something changed in what is sent. Canaries stay their own, so that an answer that repeats
 * the input shows nobody else. `broken`: an e-mail address without its `@`, which no target takes; under another key, as
 * a form that is corrected is another submission. `other`: another body under the same key.
 */
export function alteredPerson(person: Person, how: "broken" | "other"): Person {
  if (how === "broken") {
    return { ...person, email: person.email.replace("@", "."), key: withOtherEnd(person.key) };
  }
  return {
    ...person,
    latinName: `${person.latinName} Jr`,
    address: `${person.address} 2`,
    phone: withOtherEnd(person.phone),
    postalCode: withOtherEnd(person.postalCode),
  };
}

/** The last character, a digit or a hexadecimal one, becomes another digit. */
function withOtherEnd(text: string): string {
  return text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
}
