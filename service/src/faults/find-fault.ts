import { distance } from "fastest-levenshtein";
import { UsageError } from "../usage-error.ts";
import { FAULTS } from "./catalogue/catalogue.ts";
import type { Fault } from "./fault.ts";

/** The fault of that name, or a UsageError that lists the names. */
export function findFault(name: string, faults: readonly Fault[] = FAULTS): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (found !== undefined) return found;
  const names = faults.map((fault) => fault.name);
  const nearest = names.toSorted((a, b) => distance(a, name) - distance(b, name))[0];
  const hint = nearest !== undefined && distance(nearest, name) <= 5 ? ` Did you mean ${nearest}?` : "";
  throw new UsageError(
    `FAULT: there is no fault "${name}".${hint} There are: ${names.join(", ") || "none"}.`,
  );
}
