import { inJourneyOrder, knownHost, nameOf } from "./check-target.ts";
import { MAIL_DESK } from "./mail-desk.ts";
import type {
  AnswerPattern,
  Body,
  DeclaredClass,
  MailSinkFile,
  Place,
  Step,
  StepRole,
  Target,
} from "./target.ts";
import { type MeaningFile, placeOf, type StepFile, type TargetFile } from "./target-file.ts";

/**
 * The Target that a checked target file means: short forms written out, defaults filled in, steps in the journey's order,
 * file names made absolute by `absolute` (they are written relative to the target file).
 */
export function compileTarget(file: TargetFile, absolute: (path: string) => string): Target {
  const { caFile, certFile, keyFile, insecure } = file.tls;
  const { hosts = [knownHost(file.baseUrl)!] } = file;
  const steps = inJourneyOrder(file.steps);
  const target: Target = {
    name: file.name,
    baseUrl: file.baseUrl.replace(/\/+$/, ""),
    hosts: hosts.map((host) => host.toLowerCase()),
    // Looked up by the host of a URL, which is lower case.
    resolve: Object.fromEntries(
      Object.entries(file.resolve).map(([host, address]) => [host.toLowerCase(), address]),
    ),
    tls: {
      ...(caFile === undefined ? {} : { caFile: absolute(caFile) }),
      ...(certFile === undefined ? {} : { certFile: absolute(certFile) }),
      ...(keyFile === undefined ? {} : { keyFile: absolute(keyFile) }),
      insecure,
    },
    http: file.http,
    connections: file.connections,
    headers: file.headers,
    bypassed: file.bypassed,
    ...(file.clientIpHeader === undefined ? {} : { clientIpHeader: file.clientIpHeader }),
    emailDomain: file.emailDomain,
    sameEmail: file.sameEmail,
    ...(file.idempotencyHeader === undefined ? {} : { idempotencyHeader: file.idempotencyHeader }),
    ...(file.memberId === undefined ? {} : { memberId: file.memberId }),
    steps: steps.map(compileStep),
    readBack: { ...file.readBack, http: file.readBack.http ?? steps.some(({ role }) => role === "read-own") },
    telemetry: {
      ...file.telemetry,
      logFiles: file.telemetry.logFiles.map((path) => absolutePath(path, absolute)),
    },
    ...(file.cleanUp === undefined ? {} : { cleanUp: file.cleanUp }),
    sinks: compileSinks(file.sinks, absolute),
    notJudged: file.notJudged,
  };
  return withAbsoluteSecrets(target, absolute);
}

/** What an answer means where the file does not say: nothing at a signup, the usual numbers elsewhere. */
const USUAL_MEANS: Record<StepRole, Step["means"]> = {
  prepare: { served: [{ status: range(200, 399) }] },
  "sign-up": {},
  "come-back": {},
  verify: { served: [{ status: range(200, 399) }] },
  "sign-in": { served: [{ status: range(200, 399) }], denied: [{ status: [401, 403] }] },
  "read-own": {
    served: [{ status: [200] }],
    denied: [{ status: [401, 403] }],
    absent: [{ status: [404, 410] }],
  },
  "sign-out": { served: [{ status: range(200, 399) }] },
  "clean-up": { served: [{ status: range(200, 299) }], absent: [{ status: [404, 410] }] },
};

function compileSinks(
  { mail, sms }: TargetFile["sinks"],
  absolute: (path: string) => string,
): Target["sinks"] {
  return {
    ...(mail === undefined ? {} : { mail: compileMailSink(mail, absolute) }),
    ...(sms === undefined ? {} : { sms }),
  };
}

function compileMailSink(
  mail: NonNullable<TargetFile["sinks"]["mail"]>,
  absolute: (path: string) => string,
): MailSinkFile | string {
  if (typeof mail === "string") return mail;
  const { withinSeconds, memberId } = mail;
  const place = "smtp" in mail ? { smtp: mail.smtp } : { folder: absolutePath(mail.folder, absolute) };
  return { ...place, withinSeconds, ...(memberId === undefined ? {} : { memberId: placeOf(memberId) }) };
}

/** A mail that is late is one thing, a desk that does not answer another. */
const MAIL_GRACE_SECONDS = 5;

/** Waiting for a mail is a request as any other, to the desk of our own sink: no engine has to know of it. */
function compileMailStep(file: StepFile, { withinSeconds, matching }: NonNullable<StepFile["mail"]>): Step {
  const query = `to=\${person.email}&withinSeconds=${withinSeconds}&matching=${encodeURIComponent(matching ?? "")}`;
  return {
    ...compileRequestStep({ ...file, method: "GET" }, `${MAIL_DESK}/mails?${query}`),
    isMail: true,
    timeoutSeconds: withinSeconds + MAIL_GRACE_SECONDS,
    means: { served: [{ status: [200] }], absent: [{ status: [404] }] },
  };
}

function compileStep(file: StepFile): Step {
  return file.mail === undefined ? compileRequestStep(file, file.path!) : compileMailStep(file, file.mail);
}

function compileRequestStep(file: StepFile, path: string): Step {
  const body = bodyOf(file);
  const declared = Object.entries(file.means ?? {}).map(([name, meaning]) => [name, meaningOf(meaning)]);
  return {
    name: nameOf(file),
    role: file.role,
    method: file.method ?? (body ? "POST" : "GET"),
    path,
    headers: file.headers,
    ...(body ? { body } : {}),
    redirects: file.redirects,
    timeoutSeconds: file.timeoutSeconds,
    captures: placesOf(file.captures),
    means: {
      ...USUAL_MEANS[file.role],
      ...(Object.fromEntries(declared) as Record<DeclaredClass, AnswerPattern[]>),
    },
    ...(file.memberId === undefined ? {} : { memberId: placeOf(file.memberId) }),
    ...(file.session === undefined ? {} : { session: placeOf(file.session) }),
    fields: placesOf(file.fields),
    ...(file.ticket === undefined ? {} : { ticket: placeOf(file.ticket) }),
  };
}

function placesOf(spelled: Record<string, string | undefined>): Record<string, Place> {
  const given = Object.entries(spelled).flatMap(([name, spelling]) =>
    spelling === undefined ? [] : [[name, placeOf(spelling)] as const],
  );
  return Object.fromEntries(given);
}

function bodyOf({ json, form, multipart, text, contentType }: StepFile): Body | null {
  if (json !== undefined) return { json };
  if (form) return { form };
  if (multipart) return { multipart };
  return text === undefined ? null : { text, contentType: contentType ?? "text/plain; charset=utf-8" };
}

function meaningOf(meaning: MeaningFile): AnswerPattern[] {
  const parts = [meaning].flat() as Exclude<MeaningFile, unknown[]>[];
  return parts.map((part) => {
    if (typeof part !== "object") return { status: statusesOf(part) };
    const { status, header, json, body } = part;
    return {
      ...(status === undefined ? {} : { status: [status].flat().flatMap(statusesOf) }),
      ...(header === undefined ? {} : { header }),
      ...(json === undefined ? {} : { json }),
      ...(body === undefined ? {} : { body }),
    };
  });
}

function statusesOf(status: number | string): number[] {
  if (typeof status === "number") return [status];
  const hundreds = Number(status[0]) * 100;
  return range(hundreds, hundreds + 99);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** One that is all placeholder is a path of the environment's own. */
function absolutePath(path: string, absolute: (path: string) => string): string {
  return path === "" || path.startsWith("${") ? path : absolute(path);
}

function withAbsoluteSecrets<T>(value: T, absolute: (path: string) => string): T {
  if (typeof value === "string") {
    return value.replace(/\$\{file:([^}:]+)/g, (_, path: string) => `\${file:${absolute(path)}`) as T;
  }
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => withAbsoluteSecrets(item, absolute)) as T;
  const entries = Object.entries(value).map(([name, item]) => [name, withAbsoluteSecrets(item, absolute)]);
  return Object.fromEntries(entries) as T;
}
