import { hash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a service needs to be halted and reopened, made anew for each run; nobody but its owner reads it. */
export interface RunFolder {
  readonly path: string;
  /** Two people reopen together; the third token opens alone, and pages. */
  readonly tokenFiles: Readonly<Record<"jane" | "taro" | "break-glass" | "alerts", string>>;
  /** For the service. */
  readonly environment: Readonly<Record<string, string>>;
  readonly mailsFolder: string;
  readonly logFile: string;
}

/** Mode 0700, with the tokens, and the files that hold their hashes (docs/halt.md). */
export async function createRunFolder(path: string): Promise<RunFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const write = async (name: string, text: string) => {
    const file = join(path, name);
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
    return file;
  };
  const writeToken = async (name: string) => {
    const token = randomBytes(32).toString("base64url");
    return { name, file: await write(`${name}.token`, token), sha256: hash("sha256", token) };
  };
  const jane = await writeToken("jane");
  const taro = await writeToken("taro");
  const glass = await writeToken("break-glass");
  const alerts = await writeToken("alerts");
  const operators = [jane, taro].map(({ name, sha256 }) => ({ name, sha256 }));
  return {
    path,
    tokenFiles: { jane: jane.file, taro: taro.file, "break-glass": glass.file, alerts: alerts.file },
    environment: {
      OPERATORS_FILE: await write("operators.json", JSON.stringify(operators)),
      BREAK_GLASS_FILE: await write("break-glass.sha256", glass.sha256),
      ALERTS_TOKEN_FILE: alerts.file,
      SECRET_KEY_FILE: await write("secret.key", randomBytes(32).toString("base64url")),
    },
    mailsFolder: join(path, "mails"),
    logFile: join(path, "service.log"),
  };
}
