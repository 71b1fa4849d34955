import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { ServiceError } from "../service-error.ts";

/** The largest form the schema lets through has 4,226 characters: 25 kB with each of them escaped as \uXXXX. */
const BODY_BYTES_MAX = 32_768;

/**
 * The bytes of a JSON body as they were sent, at most 32 KiB where nobody wants fewer. Instead of `express.json`, whose look at types, charsets
 * and encodings that nobody sends here cost 8 µs a request (measured). What is refused is still read to its end by Node,
 * within the server's time limit: a connection closed on a sender would be reset, and our answer lost with it.
 */
export async function readJsonBytes(req: IncomingMessage, bytesMax = BODY_BYTES_MAX): Promise<Buffer> {
  if (!isInUtf8(req.headers["content-type"] ?? "", "application/json"))
    throw new ServiceError("unsupported-media-type", "Send it as application/json, in UTF-8.");
  return readBytes(req, bytesMax);
}

/** The bytes of an HTML form, at most 32 KiB: the longest that people can type, each character as three escapes. */
export async function readFormBytes(req: IncomingMessage): Promise<Buffer> {
  if (!isInUtf8(req.headers["content-type"] ?? "", "application/x-www-form-urlencoded"))
    throw new ServiceError("unsupported-media-type", "Send the form as a browser does, in UTF-8.");
  return readBytes(req, BODY_BYTES_MAX);
}

function readBytes(req: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if ((req.headers["content-encoding"] ?? "identity") !== "identity")
    throw new ServiceError("unsupported-media-type", "Send it as it is, not compressed.");
  if (Number(req.headers["content-length"] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  return gather(req, bytesMax);
}

/** What the bytes say, or `invalid-input`. */
export function parseJson(bytes: Buffer): unknown {
  // `toString` would replace what is no UTF-8, and store what nobody has sent.
  if (isUtf8(bytes)) {
    try {
      return JSON.parse(bytes.toString());
    } catch (error) {
      // Its message quotes the body; ours does not.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  throw new ServiceError("invalid-input", "The body cannot be read as JSON in UTF-8.");
}

/** Any parameter but a charset is without meaning for JSON (RFC 8259, 11) and forms, and so ignored. */
function isInUtf8(contentType: string, wanted: string): boolean {
  if (contentType === wanted) return true;
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (type.trim() !== wanted) return false;
  return parameters.every(
    (parameter) => !/^\s*charset\s*=/.test(parameter) || /^\s*charset="?utf-8"?\s*$/.test(parameter),
  );
}

function gather(req: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) reject(tooLarge(bytesMax));
      else chunks.push(chunk);
    });
    req.once("end", () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    // It comes after every request; before the end somebody has hung up, and will not read the answer. Not asked of
    // `complete`: of a body that had come wholly and was not read yet, no end follows.
    const onClose = () => {
      if (!req.readableEnded) reject(new ServiceError("invalid-input", "The body broke off."));
    };
    if (req.closed) onClose();
    else req.once("close", onClose);
  });
}

function tooLarge(bytesMax: number): ServiceError {
  return new ServiceError("too-large", `The body has more than ${bytesMax} bytes.`);
}
