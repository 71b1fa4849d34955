import { parser } from "@prometheus-io/lezer-promql";

/** A node of PromQL's syntax tree; `type` as lezer-promql names it, positions in the text that was parsed. */
export interface Node {
  readonly type: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly children: readonly Node[];
}

/** The syntax tree; throws where the text is no PromQL. */
export function parsePromql(text: string): Node {
  const stack: { type: string; from: number; to: number; text: string; children: Node[] }[] = [];
  let root: Node | undefined;
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new Error(`no PromQL at character ${from}: ${text}`);
      const node = { type: type.name, from, to, text: text.slice(from, to), children: [] };
      stack.at(-1)?.children.push(node);
      stack.push(node);
    },
    leave() {
      const done = stack.pop();
      if (stack.length === 0) root = done;
    },
  });
  return root!;
}

/** The node and all below it, in the order of the text. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* nodesOf(child);
}
