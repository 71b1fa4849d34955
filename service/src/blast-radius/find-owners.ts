import type { Query } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { Field } from "../guard/fields.ts";
import type { Identity } from "../guard/identity.ts";
import { READER } from "../guard/judge.ts";
import { keyOfPerson, type PersonKey } from "./person.ts";

/** Hashes of values, by field; `reader` for addresses that were asked with. */
export type Wanted = ReadonlyMap<Field | typeof READER, ReadonlySet<string>>;
export type Owners = ReadonlyMap<string, readonly PersonKey[]>;

export const ownerKey = (field: string, fieldMac: string) => `${field} ${fieldMac}`;

type Page = { readonly id: string; readonly identityMac: string; readonly emailKey: string } & Readonly<
  Record<Field, string | readonly string[]>
>;

const READ_MEMBER_PAGE = readStatement(import.meta.url, "read-member-page.sql");
const PAGE_ROWS = 10_000;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";
/** A value that more people have tells nobody's name. */
const OWNERS_MAX = 100;

/** Whose values these hashes are: the key hashes every member's anew, for hashes cannot be read backwards. */
export async function findOwners(query: Query, identity: Identity, wanted: Wanted): Promise<Owners> {
  const owners = new Map<string, PersonKey[]>();
  if (wanted.size === 0) return owners;
  for (let after = FIRST_ID; ; ) {
    const page = await query<Page>(READ_MEMBER_PAGE, [after, PAGE_ROWS, [...wanted.keys()]]);
    for (const member of page) for (const [field, macs] of wanted) note(member, field, macs);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return owners;
    after = last.id;
  }

  function note(member: Page, field: Field | typeof READER, macs: ReadonlySet<string>): void {
    const mac = identity.fieldMacOf(field, contentOf(member, field));
    if (!macs.has(mac)) return;
    const found = owners.get(ownerKey(field, mac)) ?? [];
    if (found.length < OWNERS_MAX) found.push(keyOfPerson(member.identityMac));
    owners.set(ownerKey(field, mac), found);
  }
}

/** As the guard hashes it. */
function contentOf(member: Page, field: Field | typeof READER): string {
  if (field === READER) return member.emailKey;
  return field === "number" ? String(member.number) : JSON.stringify(member[field]);
}
