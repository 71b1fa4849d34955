/**
 * A seeded stream of numbers in [0, 1), 53 bits each: sfc32 (Chris Doty-Humphrey, PractRand 0.93; 96 bits of
 * state and a 32-bit counter, so that no stream is shorter than 2³² steps). Integer arithmetic on 32 bits only:
 * V8 and k6's engine give the same numbers to the last bit. Streams of one seed are independent of each
 * other: drawing more from one ("arrivals") changes nothing in another ("behaviour"). Seeds are whole
 * numbers up to 2⁵³.
 */
export function createRandom(seed: number, stream: string): () => number {
  const nextWord = createSfc32(seed % TWO_32, Math.floor(seed / TWO_32), fnv1a(stream));
  // Two words make one double with every bit of its fraction used: 26 and 27 bits (Matsumoto, genrand_res53).
  return () => ((nextWord() >>> 5) * TWO_26 + (nextWord() >>> 6)) / TWO_53;
}

const TWO_26 = 2 ** 26;
const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;
/** PractRand's own seeding throws away so many words, after which seeds that differ in one bit are unrelated. */
const SEEDING_ROUNDS = 15;

function createSfc32(seedLow: number, seedHigh: number, streamHash: number): () => number {
  let a = seedLow | 0;
  let b = seedHigh | 0;
  let c = streamHash | 0;
  let counter = 1;
  const nextWord = () => {
    const word = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + word) | 0;
    return word >>> 0;
  };
  for (let round = 0; round < SEEDING_ROUNDS; round++) nextWord();
  return nextWord;
}

/** FNV-1a over UTF-16 code units (RFC 9923): names a stream, nothing more. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
