import { Option } from "commander";

/** An option that may be given several times; an empty list where it is not given. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`)
    .argParser((value: string, previous: string[]) => [...previous, value])
    .default([], "none");
}

export function ownTargetOption(): Option {
  return repeatable("--i-own-this-target <HOST>", "allow a host that is not this machine");
}
