import { readFileSync } from "node:fs";
import { z } from "zod";
import { errorCodeOf } from "./db/sql-state.ts";
import { UsageError } from "./usage-error.ts";

/** What the service is told from outside; `docs/configuration.md` has the same keys, and a test compares the two. */
export type Config = Readonly<z.infer<typeof CONFIG_SCHEMA>>;

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const seconds = (min: number, max: number) => z.coerce.number().min(min).max(max);

const WEB_URL = z.url({ protocol: /^https?$/, error: "expected http://host:port" });
/** One after the other, by each anomaly: a longer list is a mistake. */
const ALERTMANAGERS_MAX = 8;

/** A comma list of web addresses. */
function readWebUrls(text: string, context: z.RefinementCtx): readonly string[] {
  const urls = text.split(",").map((url) => url.trim());
  if (urls.length > ALERTMANAGERS_MAX || urls.some((url) => !WEB_URL.safeParse(url).success))
    context.addIssue({
      code: "custom",
      message: `expected 1 to ${ALERTMANAGERS_MAX} addresses like http://host:port, with commas between them`,
    });
  return urls;
}

/** The development key keeps a laptop simple: two processes on one database agree. Production must bring its own. */
const DEVELOPMENT_SECRET = "crowdproof development key, not a secret";

/** Environment key → shape and default. */
export const ENVIRONMENT = z.object({
  // A closed set: a misspelt `production` would start with the key that everybody knows.
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: whole(0, 65_535).default(3000),
  WORKERS: whole(1, 64).default(1),
  ADMIN_HOST: z.string().min(1).default("127.0.0.1"),
  ADMIN_PORT: whole(0, 65_535).default(3001),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "expected postgresql://user:password@host:port/database" })
    .optional(),
  DATABASE_URL_FILE: z.string().min(1).optional(),
  DATA_DIR: z.string().min(1).optional(),
  READY_FILE: z.string().min(1).optional(),
  FAULT: z.string().min(1).optional(),
  SECRET_KEY: z.string().min(32, "expected at least 32 characters").default(DEVELOPMENT_SECRET),
  SECRET_KEY_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug"]).default("info"),
  // Two batches under way hold one each; a read needs a third.
  POOL_CONNECTIONS_MAX: whole(3, 1_000).default(10),
  STATEMENT_SECONDS_MAX: seconds(0.05, 60).default(5),
  CONNECT_SECONDS_MAX: seconds(0.05, 60).default(2),
  SESSION_SECONDS: whole(60, 31_536_000).default(86_400),
  WORKING_MAX: whole(1, 100_000).default(256),
  // As many as one batch takes.
  QUEUE_MAX: whole(0, 1_000_000).default(128),
  QUEUE_SECONDS_MAX: seconds(0.001, 60).default(0.25),
  WAIT_SECONDS_MAX: whole(1, 86_400).default(3_600),
  RETRY_AFTER_SECONDS_MIN: whole(1, 3_600).default(2),
  RETRY_AFTER_SECONDS_MAX: whole(1, 3_600).default(12),
  BATCH_ROWS_MAX: whole(1, 1_000).default(128),
  SMTP_URL_FILE: z.string().min(1).optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: "expected smtp://user:password@host:port" }).optional(),
  MAIL_DIR: z.string().min(1).optional(),
  MAIL_FROM: z.email().default("no-reply@crowdproof.example"),
  // Twice as long before each try: the last of eight comes two hours after the first.
  MAIL_ATTEMPTS_MAX: whole(1, 20).default(8),
  MAILS_PER_SECOND_MAX: whole(1, 100_000).default(200),
  GUARD: z.enum(["on", "off"]).default("on"),
  SPOOL_DIR: z.string().min(1).optional(),
  ACCESS_LEDGER_DAYS: whole(0, 3_650).default(400),
  DRAIN_SECONDS_MAX: seconds(0.1, 300).default(8),
  HALT_LEASE_SECONDS: seconds(1, 60).default(3),
  OPERATORS_FILE: z.string().min(1).optional(),
  BREAK_GLASS_FILE: z.string().min(1).optional(),
  ALERTS_TOKEN_FILE: z.string().min(1).optional(),
  ALERTMANAGER_URLS: z.string().min(1).transform(readWebUrls).optional(),
  ALERTMANAGER_URLS_FILE: z.string().min(1).optional(),
  RUNBOOK_BASE_URL: WEB_URL.default("http://127.0.0.1:9095/runbooks"),
  DASHBOARD_BASE_URL: WEB_URL.default("http://127.0.0.1:3002"),
  PLAN_VISITORS_PER_SECOND: z.coerce.number().min(0).max(1_000_000).default(0),
});

const CONFIG_SCHEMA = ENVIRONMENT.transform((env) => ({
  isProduction: env.NODE_ENV === "production",
  host: env.HOST,
  port: env.PORT,
  workers: env.WORKERS,
  adminHost: env.ADMIN_HOST,
  adminPort: env.ADMIN_PORT,
  databaseUrl: env.DATABASE_URL,
  dataDir: env.DATA_DIR,
  readyFile: env.READY_FILE,
  fault: env.FAULT,
  secretKey: env.SECRET_KEY,
  logLevel: env.LOG_LEVEL,
  poolConnectionsMax: env.POOL_CONNECTIONS_MAX,
  statementSecondsMax: env.STATEMENT_SECONDS_MAX,
  connectSecondsMax: env.CONNECT_SECONDS_MAX,
  sessionSeconds: env.SESSION_SECONDS,
  workingMax: env.WORKING_MAX,
  queueMax: env.QUEUE_MAX,
  queueSecondsMax: env.QUEUE_SECONDS_MAX,
  waitSecondsMax: env.WAIT_SECONDS_MAX,
  retryAfterSecondsMin: env.RETRY_AFTER_SECONDS_MIN,
  retryAfterSecondsMax: env.RETRY_AFTER_SECONDS_MAX,
  batchRowsMax: env.BATCH_ROWS_MAX,
  smtpUrl: env.SMTP_URL,
  mailDir: env.MAIL_DIR,
  mailFrom: env.MAIL_FROM,
  mailAttemptsMax: env.MAIL_ATTEMPTS_MAX,
  mailsPerSecondMax: env.MAILS_PER_SECOND_MAX,
  guard: env.GUARD,
  spoolDir: env.SPOOL_DIR,
  accessLedgerDays: env.ACCESS_LEDGER_DAYS,
  drainSecondsMax: env.DRAIN_SECONDS_MAX,
  haltLeaseSeconds: env.HALT_LEASE_SECONDS,
  operatorsFile: env.OPERATORS_FILE,
  breakGlassFile: env.BREAK_GLASS_FILE,
  alertsTokenFile: env.ALERTS_TOKEN_FILE,
  alertmanagerUrls: env.ALERTMANAGER_URLS ?? [],
  runbookBaseUrl: env.RUNBOOK_BASE_URL,
  dashboardBaseUrl: env.DASHBOARD_BASE_URL,
  planVisitorsPerSecond: env.PLAN_VISITORS_PER_SECOND,
})).superRefine((config, context) => {
  const refuse = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
  if (config.isProduction && config.fault !== undefined)
    refuse("FAULT", "a fault cannot be switched on with NODE_ENV=production");
  if (config.accessLedgerDays > 0 && config.accessLedgerDays < 30)
    refuse(
      "ACCESS_LEDGER_DAYS",
      "0 for none, or at least 30: what must be reported after a leak is asked for within weeks",
    );
  if (config.isProduction && config.guard === "off")
    refuse("GUARD", "cannot be off with NODE_ENV=production");
  if (config.isProduction && config.secretKey === DEVELOPMENT_SECRET)
    refuse("SECRET_KEY", "required with NODE_ENV=production");
  // What the two are for is gone at the end of the process, and nothing else would say so.
  if (config.isProduction && config.databaseUrl === undefined && config.dataDir === undefined)
    refuse(
      "DATABASE_URL",
      "required with NODE_ENV=production (or DATA_DIR, a folder in which the embedded PostgreSQL keeps its data): else the members are gone at the end",
    );
  if (config.isProduction && config.smtpUrl === undefined && config.mailDir === undefined)
    refuse(
      "SMTP_URL",
      "required with NODE_ENV=production (or MAIL_DIR, a folder that keeps the mails and from which they reach nobody): else they are gone at the end",
    );
  if (config.retryAfterSecondsMax <= config.retryAfterSecondsMin) {
    refuse(
      "RETRY_AFTER_SECONDS_MAX",
      "must be above RETRY_AFTER_SECONDS_MIN, or everybody comes back at once",
    );
  }
});

/** Reads the environment; a UsageError names every bad key at once. An empty value counts as absent. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given = withSecretsFromFiles(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")),
  );
  const parsed = CONFIG_SCHEMA.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new UsageError(
    `The service cannot start with these settings (see docs/configuration.md):\n${lines.join("\n")}`,
  );
}

/** Keys whose value holds a secret: a file keeps it out of the environment, which child processes and crash reports copy. */
const SECRETS = ["DATABASE_URL", "SECRET_KEY", "SMTP_URL", "ALERTMANAGER_URLS"] as const;
/** Secrets are words, not documents; a wrong path often leads to something large. */
const SECRET_CHARACTERS_MAX = 4_096;

/** Takes what was read out of an environment that child processes would inherit. */
export function forgetSecrets(env: NodeJS.ProcessEnv): void {
  for (const key of SECRETS) {
    delete env[key];
    delete env[`${key}_FILE`];
  }
}

function withSecretsFromFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const read = { ...env };
  for (const key of SECRETS) {
    const file = env[`${key}_FILE`];
    if (file === undefined) continue;
    if (env[key] !== undefined)
      throw new UsageError(`${key} and ${key}_FILE are both set. Unset one of them.`);
    read[key] = readSecret(`${key}_FILE`, file);
  }
  return read;
}

function readSecret(key: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `${key}: ${file} cannot be read (${errorCodeOf(error)}). Check the path and its owner.`,
      {
        cause: error,
      },
    );
  }
  if (text.length > SECRET_CHARACTERS_MAX)
    throw new UsageError(
      `${key}: ${file} has more than ${SECRET_CHARACTERS_MAX} characters. Check the path.`,
    );
  // Editors end a file with a line break that is not part of the secret.
  return text.replace(/\r?\n$/, "");
}
