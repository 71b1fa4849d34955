import { hash } from "node:crypto";

/** HMAC-SHA-256 of a text under one key, as 64 hex digits. */
export type Mac = (text: string) => string;

/** Of SHA-256, in bytes: what it works on at once, and what it gives. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer than any signup; a longer text still gets its MAC, in a buffer of its own. */
const TEXT_BYTES_MAX = 16_384;

/**
 * RFC 2104: hash(key ⊕ opad, hash(key ⊕ ipad, text)). Two one-shot hashes into strings cost 1.1 µs, `createHmac` with
 * its objects 4.0 µs, and a Buffer for each digest 0.8 µs more (measured).
 */
export function createMac(key: Buffer): Mac {
  if (key.length > BLOCK_BYTES) throw new RangeError(`a key for a MAC has at most ${BLOCK_BYTES} bytes`);
  const inner = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES_MAX, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  const innerHash = (text: string) => {
    // In UTF-8 a UTF-16 unit takes three bytes at most.
    if (text.length * 3 > TEXT_BYTES_MAX)
      return hash("sha256", Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]), "latin1");
    const textBytes = inner.write(text, BLOCK_BYTES);
    return hash("sha256", inner.subarray(0, BLOCK_BYTES + textBytes), "latin1");
  };
  return (text) => {
    outer.write(innerHash(text), BLOCK_BYTES, "latin1");
    return hash("sha256", outer, "hex");
  };
}
