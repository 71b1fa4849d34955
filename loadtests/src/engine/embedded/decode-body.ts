import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

export type DecodedBody = { kind: "decoded"; bytes: Buffer } | { kind: "too-large" } | { kind: "broken" };

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

const DECODERS: Record<string, Decoder> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  // Some servers say deflate and send it without the zlib frame.
  deflate: (bytes, options) =>
    ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options),
};

/** Undoes `content-encoding`, last coding first. Answers are small: the synchronous call costs less than the detour. */
export function decodeBody(
  bytes: Buffer,
  contentEncoding: string | undefined,
  bytesMax: number,
): DecodedBody {
  let decoded = bytes;
  const codings = (contentEncoding ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  for (const coding of codings.reverse()) {
    const decode = DECODERS[coding];
    // Unknown codings are left as they are: the answer will not be understood, and says so.
    if (decode === undefined || decoded.length === 0) continue;
    try {
      decoded = decode(decoded, { maxOutputLength: bytesMax });
    } catch (error) {
      const isTooLarge = error instanceof RangeError;
      return { kind: isTooLarge ? "too-large" : "broken" };
    }
  }
  return { kind: "decoded", bytes: decoded };
}
