import {
  type Document,
  LineCounter,
  parseDocument as parseYaml,
  type Range,
  visit,
  type YAMLError,
} from "yaml";
import type { z } from "zod";
import { UsageError } from "../usage-error.ts";
import { type Complaint, complaintsOf, expectedOf } from "./complaints.ts";
import { locate } from "./locate.ts";

/** Aliases that may be expanded: honest files repeat a header block a few times, a "billion laughs" does it 10⁹ times. */
const ALIASES_MAX = 100;
/** More lines than this scroll the first one, which explains the rest, off the screen. */
const COMPLAINTS_SHOWN_MAX = 40;

/** As readDocument, over a text that is already here; `file` is what its errors are headed with. */
export function parseDocument<T>(text: string, options: { file: string; schema: z.ZodType<T> }): T {
  const { file, schema } = options;
  const lines = new LineCounter();
  const document = parseText(text, file, lines);
  const broken = [...document.errors, ...document.warnings];
  if (broken.some(({ code }) => code === "RESOURCE_EXHAUSTION")) throw tooDeep(file);
  if (broken.length > 0) throw refusal(file, broken.map(complaintOf), lines);
  if (document.contents === null)
    throw new UsageError(`${file} says nothing. Copy a shipped one and change it.`);
  const strange = unreadableValues(document);
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
      version: "1.2",
    });
  } catch (cause) {
    throw tooDeep(file, cause);
  }
}

/** The parser recurses: 10,000 opening brackets end at its own stack, in hundreds of errors. */
function tooDeep(file: string, cause?: unknown): UsageError {
  return new UsageError(`${file} is nested too deeply to be read. Is it the file you meant?`, { cause });
}

function complaintOf(error: YAMLError): Complaint {
  return { offset: error.pos[0], sentence: sentenceOf(error) };
}

function sentenceOf(error: YAMLError): string {
  if (error.code === "DUPLICATE_KEY") return "found the same key twice, expected each key once";
  if (error.code === "MULTIPLE_DOCS") return "found a second document (---), expected one document in a file";
  if (error.code === "TAG_RESOLVE_FAILED") return "found a tag (!…), expected plain values";
  return `found what is not YAML: ${error.message.split("\n")[0]}`;
}

/**
 * YAML has `.nan` and `.inf`; no rate, share or time may be either, so that no schema has to think of it.
 * And an alias inside its own anchor is a circle that no schema ever comes to the end of.
 */
function unreadableValues(document: Document.Parsed): Complaint[] {
  const found: Complaint[] = [];
  const complain = (node: { range?: Range | null | undefined }, sentence: string) =>
    found.push({ offset: node.range?.[0] ?? 0, sentence });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== "number" || Number.isFinite(node.value)) return;
      complain(node, `found ${node.source ?? node.value}, expected a finite number`);
    },
    Alias(_, node, path) {
      const anchor = node.resolve(document);
      if (anchor && path.includes(anchor))
        complain(node, `found *${node.source} inside itself, expected no circle`);
    },
  });
  return found;
}

function toJs(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw new UsageError(
      `${file} expands more than ${ALIASES_MAX} aliases (*name). Write the repeated part out.`,
      { cause },
    );
  }
}

function refusal(file: string, complaints: Complaint[], lines: LineCounter): UsageError {
  const sorted = complaints.toSorted((one, other) => one.offset - other.offset);
  const printed = sorted.map(({ offset, sentence }) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}: ${sentence}`;
  });
  const shown = [...new Set(printed)].slice(0, COMPLAINTS_SHOWN_MAX);
  const left = new Set(printed).size - shown.length;
  return new UsageError([...shown, ...(left > 0 ? [`… and ${left} more`] : [])].join("\n"));
}
