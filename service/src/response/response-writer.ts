import type { ServerResponse } from "node:http";
import type { SeamContext } from "../seam-context.ts";

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

/**
 * Writes answers straight to Node's response: Express' own `json` would hash each body for an ETag that nobody may use.
 * Every answer is uncacheable, so that personal data can never be on one that is not.
 */
export function createResponseWriter({ config }: Pick<SeamContext, "config">): ResponseWriter {
  const cookieAttributes = `; Path=/; HttpOnly; SameSite=Lax; Max-Age=${config.sessionSeconds}${config.isProduction ? "; Secure" : ""}`;
  return {
    write(res, answer) {
      const [type, text] =
        "svg" in answer.body
          ? ["image/svg+xml", answer.body.svg]
          : ["application/json; charset=utf-8", JSON.stringify(answer.body.json)];
      const headers: Record<string, string | number> = {
        "Content-Type": type,
        "Content-Length": Buffer.byteLength(text),
        "Cache-Control": "no-store, private",
        ...answer.headers,
      };
      if (answer.session !== undefined)
        headers["Set-Cookie"] = `session=${answer.session}${cookieAttributes}`;
      res.writeHead(answer.status, headers);
      res.end(text);
    },
  };
}
