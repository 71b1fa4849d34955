import { z } from "zod";

/** One key a person can write: its dotted path, and its default as JSON where it has one. */
export type KeyPaths = Map<string, string | null>;

type JsonSchema = { [keyword: string]: unknown };

/**
 * Every key of a schema, as the tables in `docs/` spell them: `arrivals.bursts[].atSeconds`, `headers.*` for a name
 * the writer chooses. `shared` gives forms that occur in many places (a distribution, a place in an answer) one
 * name, under which their own keys are listed once.
 */
export function keyPathsOf(schema: z.ZodType, shared: Record<string, readonly string[]>): KeyPaths {
  const found: KeyPaths = new Map();
  const names = new Map(Object.entries(shared).flatMap(([name, paths]) => paths.map((path) => [path, name])));
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const walk = (node: JsonSchema, path: string) => {
    const inside = names.get(path) ?? path;
    for (const branch of branchesOf(node, root)) {
      for (const [key, child] of Object.entries((branch["properties"] ?? {}) as Record<string, JsonSchema>)) {
        const childPath = inside === "" ? key : `${inside}.${key}`;
        if (!found.has(childPath)) found.set(childPath, defaultOf(child));
        walk(child, childPath);
      }
      if (isSchema(branch["items"])) walk(branch["items"], `${inside}[]`);
      if (isSchema(branch["additionalProperties"])) walk(branch["additionalProperties"], `${inside}.*`);
    }
  };
  walk(root, "");
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

function defaultOf(node: JsonSchema): string | null {
  // An empty mapping says nothing that the defaults of its keys do not say.
  const text = "default" in node ? JSON.stringify(node["default"]) : "{}";
  return text === "{}" ? null : text;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

/**
 * The keys of a document's tables: rows whose first cell is a key in backquotes. The default is the second cell,
 * where the table has a column of that name.
 */
export function documentedKeys(markdown: string): KeyPaths {
  const found: KeyPaths = new Map();
  for (const line of markdown.split("\n")) {
    const row = /^\| `([^`]+)` \| ([^|]*) \|/.exec(line);
    if (!row) continue;
    const [, key = "", cell = ""] = row;
    if (found.has(key)) throw new Error(`${key} is explained twice`);
    found.set(key, /^`([^`]+)`$/.exec(cell.trim())?.[1] ?? null);
  }
  return found;
}
