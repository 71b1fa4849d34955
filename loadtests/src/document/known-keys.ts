import type { z } from "zod";

/** Keys that a schema knows at a path, over all branches of its unions. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let schemas = unwrap(schema);
  for (const step of path) schemas = schemas.flatMap((inner) => stepInto(inner, step)).flatMap(unwrap);
  return [...new Set(schemas.flatMap((inner) => Object.keys(definitionOf(inner).shape ?? {})))];
}

/** The parts of zod's definitions that lead to other schemas; which are there depends on the kind. */
interface Definition {
  innerType?: z.core.$ZodType;
  in?: z.core.$ZodType;
  options?: z.core.$ZodType[];
  getter?: () => z.core.$ZodType;
  left?: z.core.$ZodType;
  right?: z.core.$ZodType;
  shape?: Record<string, z.core.$ZodType>;
  element?: z.core.$ZodType;
  valueType?: z.core.$ZodType;
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as Definition;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { innerType, in: input, options, getter, left, right } = definitionOf(schema);
  const inner = [innerType, input, getter?.(), left, right, ...(options ?? [])].filter(
    (one) => one !== undefined,
  );
  return inner.length > 0 ? inner.flatMap(unwrap) : [schema];
}

function stepInto(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  const { shape, element, valueType } = definitionOf(schema);
  const next = shape ? shape[String(step)] : typeof step === "number" ? element : valueType;
  return next ? [next] : [];
}
