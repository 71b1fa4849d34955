import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ENVIRONMENT, readConfig } from "./config.ts";

describe("the table of keys", () => {
  const text = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];

  test("has the schema's keys, in its order, each with a unit and a meaning", () => {
    expect(rows.map((row) => row[1])).toEqual(Object.keys(ENVIRONMENT.shape));
    for (const row of rows) {
      expect(row[3], row[1]).toMatch(/\S/);
      expect(row[4]?.trim().length, row[1]).toBeGreaterThan(10);
    }
  });

  test("tells the schema's defaults", () => {
    const defaults: Record<string, unknown> = ENVIRONMENT.parse({});
    for (const [, key = "", told = ""] of rows) {
      if (key === "SECRET_KEY") continue;
      expect(told.trim(), key).toBe(defaults[key] === undefined ? "–" : `\`${defaults[key]}\``);
    }
  });
});

describe("reading the environment", () => {
  test("names every bad key at once", () => {
    const read = () =>
      readConfig({ PORT: "http", QUEUE_MAX: "-1", DATABASE_URL: "mysql://x", LOG_LEVEL: "loud" });
    for (const key of ["PORT", "QUEUE_MAX", "DATABASE_URL", "LOG_LEVEL", "docs/configuration.md"])
      expect(read).toThrow(key);
  });

  test("takes an empty value for an absent one, and freezes what it read", () => {
    const config = readConfig({ PORT: "", FAULT: "" });
    expect([config.port, config.fault, Object.isFrozen(config)]).toEqual([3000, undefined, true]);
  });

  test("refuses in production what is only for a laptop", () => {
    const secret = "s".repeat(32);
    expect(() => readConfig({ NODE_ENV: "production" })).toThrow("SECRET_KEY");
    expect(() => readConfig({ NODE_ENV: "production", SECRET_KEY: secret, FAULT: "max-plus-one" })).toThrow(
      "FAULT",
    );
    const kept = { DATABASE_URL: "postgresql://a:b@127.0.0.1/c", SMTP_URL: "smtp://127.0.0.1" };
    expect(readConfig({ NODE_ENV: "production", SECRET_KEY: secret, ...kept }).isProduction).toBe(true);
  });

  describe("in production, of what is gone at the end", () => {
    const given = { NODE_ENV: "production", SECRET_KEY: "s".repeat(32) };
    const database = { DATABASE_URL: "postgresql://a:b@127.0.0.1/c" };
    const relay = { SMTP_URL: "smtp://127.0.0.1" };

    test("refuses a temporary database and a temporary folder of mails, and says what to set", () => {
      expect(() => readConfig({ ...given, ...relay })).toThrow(
        /DATABASE_URL: required with NODE_ENV=production .*DATA_DIR/,
      );
      expect(() => readConfig({ ...given, ...database })).toThrow(
        /SMTP_URL: required with NODE_ENV=production .*MAIL_DIR/,
      );
      expect(() => readConfig(given)).toThrow(/DATABASE_URL: .*\n.*SMTP_URL: /);
    });

    test("takes a folder that somebody has named", () => {
      for (const kept of [
        { ...database, ...relay },
        { DATA_DIR: "data", ...relay },
        { ...database, MAIL_DIR: "mails" },
        { DATA_DIR: "data", MAIL_DIR: "mails" },
      ])
        expect(readConfig({ ...given, ...kept }).isProduction).toBe(true);
      const refused = ["DATA_DIR", "MAIL_DIR"].map((key) => () => readConfig({ ...given, [key]: "" }));
      for (const read of refused) expect(read).toThrow("required with NODE_ENV=production");
    });
  });

  test("takes a secret from a file, without the line break an editor leaves", () => {
    const file = join(mkdtempSync(join(tmpdir(), "crowdproof-secret-")), "key");
    writeFileSync(file, `${"s".repeat(40)}\n`);
    expect(readConfig({ SECRET_KEY_FILE: file }).secretKey).toBe("s".repeat(40));
    expect(() => readConfig({ SECRET_KEY_FILE: file, SECRET_KEY: "x".repeat(40) })).toThrow("both set");
    writeFileSync(file, "short and bad");
    const read = () => readConfig({ SECRET_KEY_FILE: file });
    expect(read).toThrow("SECRET_KEY");
    expect(read).not.toThrow("short and bad");
    rmSync(file);
    expect(read).toThrow(/SECRET_KEY_FILE: .* cannot be read \(ENOENT\)/);
  });

  test("takes several Alertmanagers, and repeats no address that is wrong: it may hold a password", () => {
    const config = readConfig({ ALERTMANAGER_URLS: "http://one:9093, https://u:p@two/am" });
    expect([config.alertmanagerUrls, readConfig({}).alertmanagerUrls]).toEqual([
      ["http://one:9093", "https://u:p@two/am"],
      [],
    ]);
    for (const urls of ["u:secret@one", "http://one,,http://two", Array(9).fill("http://one").join(",")]) {
      const read = () => readConfig({ ALERTMANAGER_URLS: urls });
      expect(read, urls).toThrow(/ALERTMANAGER_URLS: expected 1 to 8 addresses/);
      expect(read, urls).not.toThrow("secret");
    }
  });

  test("refuses to tell everybody the same second", () => {
    expect(() => readConfig({ RETRY_AFTER_SECONDS_MIN: "5", RETRY_AFTER_SECONDS_MAX: "5" })).toThrow(
      "at once",
    );
  });
});
