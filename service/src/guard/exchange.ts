import type { IncomingMessage } from "node:http";

/** A request as it came over the wire, taken down before any code of the service saw it. */
export class Asked {
  readonly method: string;
  readonly url: string;
  private readonly rawHeaders: readonly string[];
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(request: IncomingMessage) {
    this.method = request.method ?? "";
    this.url = request.url ?? "";
    this.rawHeaders = request.rawHeaders;
  }

  record(chunk: Buffer): void {
    this.bytes += chunk.length;
    // The service takes half of this; what is longer is never acknowledged, and need not be kept.
    if (this.bytes <= BODY_BYTES_MAX) this.chunks.push(chunk);
    else this.chunks = [];
  }

  /** Every value sent under that name (in lower case), in order; a name may come several times. */
  headers(name: string): string[] {
    const values: string[] = [];
    for (let at = 0; at + 1 < this.rawHeaders.length; at += 2) {
      const sent = this.rawHeaders[at] as string;
      if (sent.length === name.length && sent.toLowerCase() === name)
        values.push(this.rawHeaders[at + 1] as string);
    }
    return values;
  }

  /** The body's bytes; undefined where they were too many to keep. */
  body(): Buffer | undefined {
    if (this.bytes > BODY_BYTES_MAX) return undefined;
    return this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
  }
}

const BODY_BYTES_MAX = 65_536;

/** An answer in full, before any of it has left. */
export interface Given {
  readonly status: number;
  /** Lower-case name and value, in no order; a list where a header comes several times. */
  readonly headers: readonly (readonly [string, string | readonly string[]])[];
  readonly text: string;
  /** The whole profile behind an answer that shows a part of it, as its maker says; believed only if the token fits. */
  readonly witness: unknown;
}
