import type { Readable } from "node:stream";
import { type AddressObject, type ParsedMail, simpleParser } from "mailparser";
import type { Mail } from "./mail.ts";

/** Takes a mail apart, one for each of `recipients` (the envelope's); without an envelope for those the mail itself names. */
export async function parseMail(
  raw: Buffer | Readable,
  recipients: readonly string[],
  bytes: number,
): Promise<Mail[]> {
  // Only what was sent: no links made of addresses, no text made of HTML.
  const parsed = await simpleParser(raw, { skipTextToHtml: true, skipHtmlToText: true, skipTextLinks: true });
  const named = recipients.length > 0 ? recipients : recipientsOf(parsed);
  const mail = {
    bytes,
    receivedMs: Date.now(),
    subject: parsed.subject ?? "",
    text: [parsed.text ?? "", parsed.html || ""].filter((part) => part !== "").join("\n"),
    headers: parsed.headerLines.flatMap(({ key, line }) =>
      key === "subject" ? [] : [{ name: key, text: `${line} ${decoded(parsed, key)}` }],
    ),
    attachments: parsed.attachments.map(({ filename, content }) => ({
      name: filename ?? "attachment",
      text: `${filename ?? ""} ${content.subarray(0, ATTACHMENT_BYTES_MAX).toString("utf8")}`,
    })),
  };
  return [...new Set(named.map((address) => address.trim().toLowerCase()))].map((to) => ({ ...mail, to }));
}

/** A picture holds no canary that could be found; a long document shows whose it is at its beginning. */
const ATTACHMENT_BYTES_MAX = 1_048_576;

/** Where a mail was delivered to, as local agents write it down; else to whom it says it is. */
function recipientsOf(parsed: ParsedMail): string[] {
  for (const name of ["delivered-to", "x-original-to", "to", "cc"]) {
    const addresses = addressesOf(parsed.headers.get(name));
    if (addresses.length > 0) return addresses;
  }
  return [];
}

function addressesOf(header: unknown): string[] {
  if (typeof header === "string") return [header];
  if (Array.isArray(header)) return header.flatMap(addressesOf);
  if (typeof header !== "object" || header === null || !("value" in header)) return [];
  return (header as AddressObject).value.flatMap(({ address }) => (address === undefined ? [] : [address]));
}

/** Encoded words read as a reader sees them; the line itself is searched as well. */
function decoded(parsed: ParsedMail, key: string): string {
  const value = parsed.headers.get(key);
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null && "text" in value ? String(value.text) : "";
}
