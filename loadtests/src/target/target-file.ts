import { z } from "zod";
import { CANARY_FIELDS, COMPARED_FIELDS, type FieldName } from "../people/field.ts";
import { hostOf } from "./allowed-url.ts";
import { PLACE_FORMS, parsePlace, wrongPattern } from "./place.ts";
import { ANSWER_CLASSES, type Place, STEP_ROLES } from "./target.ts";

/**
 * The target file as a person writes it: a signup under test. Short where most targets agree (places are one text,
 * an answer's meaning may be a bare status), strict about everything else. compileTarget makes the Target of it.
 */
export type TargetFile = z.infer<typeof targetFileSchema>;
export type StepFile = TargetFile["steps"][number];
export type MeaningFile = NonNullable<NonNullable<StepFile["means"]>["acknowledged"]>;

/** A day: a longer time-out is a typing error. */
const SECONDS_MAX = 86_400;
const STEPS_MAX = 50;

const text = z.string().min(1).max(10_000);
const word = z.string().regex(/^[A-Za-z_][\w-]*$/);
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/);
const seconds = z.number().gt(0).max(SECONDS_MAX);
const headers = z.record(headerName, z.string().max(10_000));

/** A problem of one value, in a sentence of its own. */
const sentence = <T extends z.ZodType<string>>(schema: T, wrongIn: (value: string) => string | null) =>
  schema.superRefine((value, context) => {
    const message = wrongIn(value);
    if (message) context.addIssue({ code: "custom", message });
  });

const place = sentence(text, (value) => {
  const parsed = parsePlace(value);
  return "wrong" in parsed ? parsed.wrong : null;
}).describe(`Where something is in an answer: ${PLACE_FORMS}.`);

const pattern = sentence(text, wrongPattern).describe("A JavaScript regular expression, without flags.");
const pointer = z.string().regex(/^(\/.*)?$/s);

const status = z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/)]);
const statuses = z.union([status, z.array(status).min(1)]);

const answerPattern = z
  .strictObject({
    status: statuses.exactOptional(),
    header: z.record(headerName, pattern).exactOptional().describe("Header name to regular expression."),
    json: z
      .record(pointer, z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .exactOptional()
      .describe("JSON pointer to exact value."),
    body: pattern.exactOptional().describe("Regular expression somewhere in the body."),
  })
  .refine((parts) => Object.keys(parts).length > 0, {
    message: "found no part, expected at least one of: status, header, json, body",
  });

/** `201`, `2xx`, `{ status: 503, json: { /code: busy } }`, or a list of these. */
const meaning = z.union([status, answerPattern, z.array(z.union([status, answerPattern])).min(1)]);

const optionalOf = <Name extends string, Value extends z.ZodType>(names: readonly Name[], value: Value) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, value.exactOptional()])) as Record<
      Name,
      z.ZodExactOptional<Value>
    >,
  );

const DECLARED_CLASSES = ANSWER_CLASSES.filter((name) => name !== "indeterminate" && name !== "failed");
const FIELDS: readonly FieldName[] = [...CANARY_FIELDS, ...COMPARED_FIELDS];

const jsonTemplate: z.ZodType<JsonValue> = z.json();
type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

const step = z.strictObject({
  role: z
    .enum(STEP_ROLES)
    .describe("The part it plays; steps run in the order of the roles, then of the file."),
  name: z.string().min(1).max(60).exactOptional().describe("The role where it is left out."),
  method: z
    .string()
    .regex(/^[A-Z]{3,10}$/)
    .exactOptional()
    .describe("POST where there is a body, else GET."),
  path: z
    .string()
    .regex(/^(\/|https?:\/\/|\$\{captured\.)/)
    .max(2_000)
    .exactOptional()
    .describe("Begins with /, or is a whole URL on one of the hosts, or is a captured one."),
  mail: z
    .strictObject({ withinSeconds: seconds.default(30), matching: pattern.exactOptional() })
    .exactOptional()
    .describe("In the place of a path: waits for a mail to the person, in sinks.mail, and captures from it."),
  headers: headers.default({}),
  json: jsonTemplate.exactOptional().describe("A JSON body; texts in it are templates."),
  form: z.record(z.string(), z.string()).exactOptional(),
  multipart: z.record(z.string(), z.string()).exactOptional(),
  text: z.string().exactOptional().describe("Any other body."),
  contentType: z.string().exactOptional().describe("Of a text body; text/plain where it is left out."),
  redirects: z.int().min(0).max(20).default(0).describe("Redirects followed, at most."),
  timeoutSeconds: seconds.default(15),
  captures: z
    .record(word, place)
    .default({})
    .describe("Name to place; later templates say ${captured.NAME}."),
  means: optionalOf(DECLARED_CLASSES, meaning).exactOptional(),
  memberId: place.exactOptional(),
  session: place.exactOptional(),
  fields: optionalOf(FIELDS, place).default({}).describe("Where the person's fields are in the answer."),
  ticket: place.exactOptional().describe("What somebody waiting brings back as ${captured.ticket}."),
});

const series = z
  .string()
  .regex(/^[a-zA-Z_:][\w:]*(\{[^{}]*\})?$/)
  .describe('A series of the metrics page, as in signups_total{outcome="acknowledged"}.');

const sql = z.strictObject({ connection: text, statement: text });

const mailSink = {
  withinSeconds: z.number().min(0).max(SECONDS_MAX).default(30),
  memberId: place.exactOptional(),
};

export const targetFileSchema = z.strictObject({
  name: z.string().min(1).max(60),
  baseUrl: sentence(text, (value) => wrongBaseUrl(value)).describe(
    "http(s)://host:port; may be, or begin with, ${env:NAME} or ${env:NAME:-default}.",
  ),
  hosts: z
    .array(z.string().regex(/^[A-Za-z0-9.:-]+$/))
    .min(1)
    .exactOptional()
    .describe("Host names (no port) that may be spoken to; that of baseUrl where it is left out."),
  resolve: z.record(z.string(), z.union([z.ipv4(), z.ipv6()])).default({}),
  tls: z
    .strictObject({
      caFile: text.exactOptional(),
      certFile: text.exactOptional(),
      keyFile: text.exactOptional(),
      insecure: z.boolean().default(false),
    })
    .default({ insecure: false }),
  http: z.enum(["1.1", "2"]).default("1.1"),
  connections: z
    .enum(["fresh", "kept"])
    .default("fresh")
    .describe("Visitors come from their own devices: fresh. Kept for a target behind a pooling gateway."),
  headers: headers.default({}).describe("Sent with every request."),
  bypassed: z.array(text).default([]).describe("What these headers step around; printed as not judged."),
  clientIpHeader: headerName.exactOptional(),
  emailDomain: z
    .string()
    .regex(/^[a-z0-9.-]+$/)
    .default("crowd.example")
    .describe("RFC 2606 keeps .example free: mail to it goes nowhere."),
  sameEmail: z.enum(["exact", "ignore-case", "ignore-case-and-blanks"]).default("ignore-case"),
  idempotencyHeader: headerName.exactOptional(),
  memberId: z
    .strictObject({
      pattern,
      checkCharacters: z.enum(["iso7064-mod97-10", "luhn", "damm"]).exactOptional(),
    })
    .exactOptional(),
  steps: z.array(step).min(1).max(STEPS_MAX),
  readBack: z
    .strictObject({
      visibleWithinSeconds: z.number().min(0).max(SECONDS_MAX).default(5),
      http: z.boolean().exactOptional().describe("True where there are read-own steps."),
      sql: sql.exactOptional(),
    })
    .default({ visibleWithinSeconds: 5 }),
  telemetry: z
    .strictObject({
      logFiles: z.array(z.string()).default([]),
      metricsUrl: text.exactOptional().describe("A URL, or a path on the target."),
      counters: optionalOf(ANSWER_CLASSES, series).default({}),
      bounds: z
        .record(series, z.number())
        .exactOptional()
        .describe("Series of the metrics page → the most it may say after the run."),
      exclusive: z.boolean().default(false).describe("True where nobody else uses the target."),
    })
    .default({ logFiles: [], counters: {}, exclusive: false }),
  cleanUp: z.union([z.strictObject({ step: text }), z.strictObject({ sql })]).exactOptional(),
  sinks: z
    .strictObject({
      mail: z
        .union([
          text,
          z.strictObject({
            smtp: z.string().regex(/^(\$\{env:|(localhost|127(\.\d+){3}|\[::1\]):\d+$)/),
            ...mailSink,
          }),
          z.strictObject({ folder: text, ...mailSink }),
        ])
        .exactOptional()
        .describe("Where mails end: in words, or as a sink of ours whose mails are judged."),
      sms: text.exactOptional(),
    })
    .default({}),
  notJudged: z
    .record(z.string(), z.string().min(3))
    .default({})
    .describe("Check to the reason why it cannot be judged here."),
});

/** parsePlace on a text that the schema has already let through. */
export function placeOf(spelling: string): Place {
  const parsed = parsePlace(spelling);
  if ("wrong" in parsed) throw new Error(`unchecked place: ${parsed.wrong}`);
  return parsed;
}

function wrongBaseUrl(value: string): string | null {
  const expected = "expected http://host:port, https://host or ${env:NAME:-http://127.0.0.1:3000}";
  if (/^\$\{(env|file):/.test(value)) return null;
  if (hostOf(value) === null) return `found ${JSON.stringify(value)}, ${expected}`;
  return /[?#]/.test(value) ? "found a query or a fragment, expected the address alone" : null;
}
