import {
  type Document,
  isScalar,
  LineCounter,
  parseDocument as parseYaml,
  visit,
  type YAMLError,
} from "yaml";
import type { z } from "zod";
import { UsageError } from "../usage-error.ts";
import { type Complaint, complaintsOf, expectedOf } from "./complaints.ts";
import { locate } from "./locate.ts";

/** Aliases that may be expanded: honest files repeat a header block a few times, a "billion laughs" does it 10⁹ times. */
export const ALIASES_MAX = 100;
/** More lines than this scroll the first one, which explains the rest, off the screen. */
const COMPLAINTS_SHOWN_MAX = 40;

/** As readDocument, over a text that is already here; `file` is what its errors are headed with. */
export function parseDocument<T>(text: string, options: { file: string; schema: z.ZodType<T> }): T {
  const { file, schema } = options;
  const lines = new LineCounter();
  const document = parseText(text, file, lines);
  const broken: Complaint[] = [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    sentence: sentenceOf(error),
  }));
  if (broken.length > 0) throw refusal(file, broken, lines);
  if (document.contents === null)
    throw new UsageError(`${file} says nothing. Copy a shipped one and change it.`);
  const strange = notFiniteNumbers(document);
  if (strange.length > 0) throw refusal(file, strange, lines);

  const parsed = schema.safeParse(toJs(document, file), { error: expectedOf });
  if (parsed.success) return parsed.data;
  const complaints = complaintsOf(parsed.error.issues, schema, (path, part) => locate(document, path, part));
  throw refusal(file, complaints, lines);
}

function parseText(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseYaml(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: true,
      logLevel: "silent",
      version: "1.2",
    });
  } catch (cause) {
    // The parser recurses: 100,000 opening brackets end in a RangeError, not in a list of errors.
    throw new UsageError(`${file} is nested too deeply to be read. Is it the file you meant?`, { cause });
  }
}

function sentenceOf(error: YAMLError): string {
  if (error.code === "DUPLICATE_KEY") return "found the same key twice, expected each key once";
  if (error.code === "MULTIPLE_DOCS") return "found a second document (---), expected one document in a file";
  if (error.code === "TAG_RESOLVE_FAILED") return "found a tag (!…), expected plain values";
  return `found what is not YAML: ${error.message.split("\n")[0]}`;
}

/** YAML has `.nan` and `.inf`; no rate, share or time may be either, so that no schema has to think of it. */
function notFiniteNumbers(document: Document.Parsed): Complaint[] {
  const found: Complaint[] = [];
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === "number" && !Number.isFinite(node.value)) {
        found.push({
          offset: node.range?.[0] ?? 0,
          sentence: `found ${node.source ?? node.value}, expected a finite number`,
        });
      }
    },
  });
  return found;
}

function toJs(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw new UsageError(
      `${file} expands more than ${ALIASES_MAX} aliases, or one that contains itself. Write the repeated part out.`,
      { cause },
    );
  }
}

function refusal(file: string, complaints: Complaint[], lines: LineCounter): UsageError {
  const sorted = complaints.toSorted((one, other) => one.offset - other.offset);
  const shown = sorted.slice(0, COMPLAINTS_SHOWN_MAX).map(({ offset, sentence }) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}: ${sentence}`;
  });
  const left = sorted.length - shown.length;
  return new UsageError([...shown, ...(left > 0 ? [`… and ${left} more`] : [])].join("\n"));
}
