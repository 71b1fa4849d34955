import { stringify } from "yaml";

/** YAML as Prometheus and promtool read it: long expressions in one piece, nothing by reference. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
