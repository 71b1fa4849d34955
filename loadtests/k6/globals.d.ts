/** What k6's JavaScript engine has beside the language, and @types/k6 does not say. */
declare global {
  function setTimeout(callback: () => void, milliseconds: number): number;
  function clearTimeout(id: number): void;
  const console: { log(line: string): void; error(line: string): void };
  class TextDecoder {
    constructor(encoding?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    decode(bytes: ArrayBuffer): string;
  }
}

export {};
