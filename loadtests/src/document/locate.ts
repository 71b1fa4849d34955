import { type Document, isAlias, isCollection, isMap, isNode, isPair, isScalar, type Node } from "yaml";

/** Offset in the text of the value (or of the key) at a path; where the path ends early, of the last thing found. */
export function locate(
  document: Document.Parsed,
  path: readonly PropertyKey[],
  part: "key" | "value",
): number {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(holder) ? holder.items.find(({ key }) => nameOf(key) === String(step)) : undefined;
    node = pair ? pair.value : isCollection(holder) ? holder.items[Number(step)] : undefined;
    const wanted = part === "key" && depth === path.length - 1 && pair ? pair.key : node;
    const found = offsetOf(wanted) ?? offsetOf(pair?.key);
    if (found === undefined) return offset;
    offset = found;
  }
  return offset;
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) && !isPair(node) ? (node as Node).range?.[0] : undefined;
}
