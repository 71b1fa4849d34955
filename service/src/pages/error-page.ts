import type { Request, Response } from "express";
import { InvalidSignup } from "../registration/parse-signup.ts";
import type { ErrorCode, ServiceError } from "../service-error.ts";
import { type FieldProblem, renderFormPage } from "./form-page.ts";
import { FORM_FIELDS, formFieldOf, type JoinForm } from "./join-form.ts";
import { renderNoticePage } from "./notice-page.ts";
import type { Page } from "./page.ts";
import { type Reader, readerOf } from "./reader.ts";
import { TEXTS } from "./texts.ts";

/** A form that was sent and read; whatever then goes wrong, it is given back as it was typed. */
export interface SentForm extends JoinForm {
  /** The form pass under which it may be sent again. */
  readonly ticket: string;
}

const SENT_FORM = "sentForm";

export function keepSentForm(res: Response, form: SentForm): void {
  res.locals[SENT_FORM] = form;
}

/** The error as a page, for whoever reads pages; undefined for programs. */
export function renderErrorPage(
  req: Request,
  res: Response,
  error: ServiceError,
  retryAfterSeconds: number | undefined,
): Page | undefined {
  const path = PAGE_PATHS.find((known) => known === req.path);
  if (path === undefined && !(req.headers.accept ?? "").includes("text/html")) return undefined;
  const reader = readerOf(req);
  const form = res.locals[SENT_FORM] as SentForm | undefined;
  const code = error.code === "waiting" ? "busy" : error.code;
  if (form !== undefined && !NEW_FORM_NEEDED.has(code)) return renderFormAgain(reader, form, error, code);
  return renderNoticePage(reader, {
    code,
    path: path === "/leave" || path === undefined ? "/join" : path,
    // Sending a form once more is for a person to decide.
    retryAfterSeconds: req.method === "GET" && path !== undefined ? retryAfterSeconds : undefined,
  });
}

const PAGE_PATHS = ["/join", "/member", "/leave"] as const;
/** The form that was sent can never be taken again. */
const NEW_FORM_NEEDED: ReadonlySet<ErrorCode> = new Set(["key-reused", "key-missing", "ticket-used"]);

function renderFormAgain(
  reader: Reader,
  form: SentForm,
  error: ServiceError,
  code: Exclude<ErrorCode, "waiting">,
): Page {
  const problems = problemsOf(error);
  if (problems.length > 0) return renderFormPage(reader, { ...form, problems });
  return renderFormPage(reader, { ...form, note: { ...TEXTS[reader.language].notes[code], code } });
}

/** One for each field, in the order of the form. */
function problemsOf(error: ServiceError): FieldProblem[] {
  if (error.code === "email-taken") return [{ field: "email", problem: "email-taken" }];
  if (!(error instanceof InvalidSignup)) return [];
  const problems = error.problems.map(({ path, problem }) => ({ field: formFieldOf(path), problem }));
  return FORM_FIELDS.flatMap(
    (field) => problems.find((known) => known.field === field) ?? [],
  ) as FieldProblem[];
}
