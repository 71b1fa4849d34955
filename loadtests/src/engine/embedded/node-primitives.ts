import { createHmac, hash } from "node:crypto";
import { load } from "cheerio";
import type { Primitives } from "../port.ts";

// U+FEFF is part of what was sent, as in k6.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The primitives under Node; for everything that reads answers outside k6. */
export const nodePrimitives: Primitives = {
  hmacSha256: (key, message) => createHmac("sha256", key).update(message).digest("hex"),
  sha256: (message) => hash("sha256", message, "hex"),
  decodeBase64: (text) => utf8.decode(Buffer.from(text, "base64")),
  selectHtml(html, selector, attribute) {
    const found = load(html)(selector).first();
    if (found.length === 0) return null;
    return attribute === null ? found.text() : (found.attr(attribute) ?? null);
  },
};
