import { z } from "zod";

/** Keys a person can write, each with its default as it would be written; null where it has none. */
export type KeyPaths = ReadonlyMap<string, string | null>;

export interface Spelling {
  /** A form that occurs in many places (a distribution, an SQL statement) → where: its own keys are listed once, under its name. */
  shared?: Record<string, readonly string[]>;
  /** A mapping with a closed list of names that all mean the same → these names: one row, `path.*`. */
  alike?: Record<string, readonly string[]>;
}

type JsonSchema = { readonly [keyword: string]: unknown };

/** Every key of a schema, as the tables in `docs/` spell them: `arrivals.bursts[].atSeconds`. */
export function keyPathsOf(schema: z.ZodType, { shared = {}, alike = {} }: Spelling): KeyPaths {
  const found = new Map<string, string | null>();
  const names = new Map(Object.entries(shared).flatMap(([name, paths]) => paths.map((path) => [path, name])));
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const walk = (node: JsonSchema, path: string, above: ReadonlySet<JsonSchema>) => {
    const inside = names.get(path) ?? path;
    for (const branch of branchesOf(node, root)) {
      // A form that contains itself (any JSON) has no keys of its own further down.
      if (above.has(branch)) continue;
      const seen = new Set([...above, branch]);
      for (const [key, child] of Object.entries(propertiesOf(branch))) {
        const childPath = inside === "" ? key : `${inside}.${key}`;
        if (!found.has(childPath)) found.set(childPath, defaultOf(child));
        walk(child, childPath, seen);
      }
      if (isSchema(branch["items"])) walk(branch["items"], `${inside}[]`, seen);
    }
  };
  walk(root, "", new Set());
  for (const [path, keys] of Object.entries(alike)) {
    const missing = keys.filter((key) => !found.delete(`${path}.${key}`));
    if (missing.length > 0) throw new Error(`${path} has no ${missing.join(", ")}`);
    found.set(`${path}.*`, null);
  }
  return found;
}

/**
 * The keys that a document explains: rows of the tables headed `| key | default |`. The default stands in backquotes,
 * or the cell says in words that there is none.
 */
export function documentedKeys(markdown: string): KeyPaths {
  const found = new Map<string, string | null>();
  let isKeyTable = false;
  for (const line of markdown.split("\n")) {
    isKeyTable = line.startsWith("| key | default |") || (isKeyTable && line.startsWith("|"));
    const row = isKeyTable ? /^\| `([^`]+)` \| ([^|]*) \|/.exec(line) : null;
    if (!row) continue;
    const [, key = "", cell = ""] = row;
    if (found.has(key)) throw new Error(`${key} is explained twice`);
    found.set(key, /^`([^`]+)`$/.exec(cell.trim())?.[1] ?? null);
  }
  return found;
}

/** A schema's own alternatives, all the way down; one that contains itself is not followed twice. */
function branchesOf(
  node: JsonSchema,
  root: JsonSchema,
  seen: ReadonlySet<unknown> = new Set(),
): JsonSchema[] {
  if (seen.has(node)) return [];
  const next = new Set([...seen, node]);
  const alternatives = [node["anyOf"], node["oneOf"], node["allOf"]].flatMap((list) =>
    Array.isArray(list) ? (list as JsonSchema[]) : [],
  );
  const referred = typeof node["$ref"] === "string" ? [resolve(node["$ref"], root)] : [];
  return [node, ...[...alternatives, ...referred].flatMap((branch) => branchesOf(branch, root, next))];
}

function resolve(reference: string, root: JsonSchema): JsonSchema {
  return reference
    .split("/")
    .slice(1)
    .reduce((node, part) => node[part] as JsonSchema, root);
}

/** The default of a mapping that says no more than the defaults of its keys is none of its own. */
function defaultOf(node: JsonSchema): string | null {
  const value = node["default"];
  if (value === undefined) return null;
  if (typeof value === "string") return value;
  if (isSchema(value) && !Array.isArray(value)) {
    const properties = propertiesOf(node);
    const isOwn = Object.entries(value).some(
      ([key, inner]) => JSON.stringify(properties[key]?.["default"]) !== JSON.stringify(inner),
    );
    if (!isOwn) return null;
  }
  return JSON.stringify(value);
}

function propertiesOf(node: JsonSchema): Record<string, JsonSchema> {
  return (node["properties"] ?? {}) as Record<string, JsonSchema>;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}
