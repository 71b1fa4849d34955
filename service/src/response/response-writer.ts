import type { ServerResponse } from "node:http";

/** An answer before it becomes bytes. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Session token to be set as a cookie. */
  readonly session?: string;
  readonly body: { readonly json: unknown } | { readonly svg: string };
}

export interface ResponseWriter {
  write(res: ServerResponse, answer: Answer): void;
}
