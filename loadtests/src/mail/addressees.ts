import type { CanaryCodec, FoundCanary } from "../people/canary.ts";
import type { Person } from "../people/field.ts";
import { createPerson } from "../people/person.ts";
import type { Plan } from "../plan/plan.ts";

/** Who of this run is behind an e-mail address. */
export interface Addressees {
  /** Null for an address of nobody in this run. Of a pair, who share one, the one whose canaries stand in the mail. */
  personAt(address: string, found: readonly FoundCanary[]): Person | null;
  addressOf(visitor: number): string;
}

export function createAddressees(plan: Plan, codec: CanaryCodec): Addressees {
  const personOf = (visitor: number) => createPerson({ plan, visitor, codec });
  const addressOf = (visitor: number) => personOf(visitor).email.toLowerCase();
  const planned = plan.arrivals.dueMicroseconds.length;
  return {
    addressOf,
    personAt(address, found) {
      // The address says by itself whose it is; the whole of it is then compared, for a tag of 20 bits repeats.
      const canary = codec
        .find(address)
        .find(({ runTag, field }) => runTag === codec.runTag && field === "email");
      if (canary === undefined || canary.visitor >= planned) return null;
      const first = personOf(canary.visitor);
      if (first.email.toLowerCase() !== address) return null;
      const others = found.filter(
        ({ runTag, visitor, field }) => runTag === codec.runTag && field !== "email" && visitor < planned,
      );
      const sharing = others
        .map(({ visitor }) => personOf(visitor))
        .find(({ emailVisitor }) => emailVisitor === first.visitor);
      return sharing ?? first;
    },
  };
}
