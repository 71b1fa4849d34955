import { hash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Two operators; the one who may break the glass; and Alertmanager. */
export type Person = "jane" | "taro" | "glass" | "alerts";
const PEOPLE: readonly Person[] = ["jane", "taro", "glass", "alerts"];

export interface Credentials {
  readonly tokens: Readonly<Record<Person, string>>;
  readonly tokenFiles: Readonly<Record<Person, string>>;
  /** By which a service knows them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A token for each, and the files that a service takes them from. */
export async function writeCredentials(folder: string): Promise<Credentials> {
  const tokens = Object.fromEntries(
    PEOPLE.map((person) => [person, `${person}-${randomBytes(24).toString("hex")}`]),
  ) as Record<Person, string>;
  const write = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const tokenFiles = {} as Record<Person, string>;
  for (const person of PEOPLE) tokenFiles[person] = await write(`${person}.token`, tokens[person]);
  const operators = (["jane", "taro"] as const).map((name) => ({ name, sha256: sha256(tokens[name]) }));
  const environment = {
    OPERATORS_FILE: await write("operators.json", JSON.stringify(operators)),
    BREAK_GLASS_FILE: await write("glass.hash", sha256(tokens.glass)),
    ALERTS_TOKEN_FILE: tokenFiles.alerts,
  };
  return { tokens, tokenFiles, environment };
}

const sha256 = (text: string) => hash("sha256", text);
