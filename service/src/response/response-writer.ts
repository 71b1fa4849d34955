import type { ServerResponse } from "node:http";
import type { Profile } from "../member/profile.ts";
import type { SeamContext } from "../seam-context.ts";

/** An answer before it becomes bytes. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Session token to be set as a cookie; null takes the cookie away. */
  readonly session?: string | null;
  readonly body?: Body;
  /** The whole profile of which the body, or the session, is a part: what the guard holds them against. */
  readonly witness?: Profile;
}

type Body = { readonly json: unknown } | { readonly svg: string } | { readonly html: string };

/** The guard reads it from the response under this name; it is no header, so that it cannot leave by mistake. */
const WITNESS = Symbol.for("crowdproof.witness");
type Witnessing = ServerResponse & { [WITNESS]?: Profile };

export interface ResponseWriter {
  write(res: ServerResponse, answer: Answer): void;
}

/**
 * Writes answers straight to Node's response: Express' own `json` would hash each body for an ETag that nobody may use.
 * Every answer is uncacheable, so that personal data can never be on one that is not.
 */
export function createResponseWriter({ config }: Pick<SeamContext, "config">): ResponseWriter {
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${config.isProduction ? "; Secure" : ""}; Max-Age=`;
  return {
    write(res: Witnessing, { status, body, session, witness, headers: further }) {
      const [type, text] = body === undefined ? [undefined, ""] : textOf(body);
      const headers: Record<string, string | number> = { "Cache-Control": "no-store, private" };
      if (type !== undefined) {
        headers["Content-Type"] = type;
        headers["Content-Length"] = Buffer.byteLength(text);
      }
      Object.assign(headers, further);
      if (session === null) headers["Set-Cookie"] = `session=${attributes}0`;
      else if (session !== undefined)
        headers["Set-Cookie"] = `session=${session}${attributes}${config.sessionSeconds}`;
      if (witness !== undefined) res[WITNESS] = witness;
      res.writeHead(status, headers);
      res.end(text);
    },
  };
}

function textOf(body: Body): [type: string, text: string] {
  if ("html" in body) return ["text/html; charset=utf-8", body.html];
  if ("svg" in body) return ["image/svg+xml", body.svg];
  return ["application/json; charset=utf-8", JSON.stringify(body.json)];
}
