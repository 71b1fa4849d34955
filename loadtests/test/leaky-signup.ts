import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A small signup with a cache of profiles that can be made to forget whose they are. In memory, so that it starts at once. */
export interface LeakySignup {
  readonly url: string;
  /** What `/me` answers from now on: everybody their own, or everybody the first member's. */
  leak(isLeaking: boolean): void;
  /** Answers of the halt webhook from now on; 200 halts. */
  answerHalts(statuses: readonly number[]): void;
  members(): number;
  removed(): number;
  /** What came to the halt webhook. */
  readonly halts: { authorization: string | undefined; body: unknown }[];
  isHalted(): boolean;
  close(): Promise<void>;
}

interface Profile {
  id: string;
  name: string;
  email: string;
  birthDate: string;
}

export async function startLeakySignup(): Promise<LeakySignup> {
  const members = new Map<string, Profile>();
  const sessions = new Map<string, Profile>();
  const halts: LeakySignup["halts"] = [];
  let statuses: number[] = [];
  let first: Profile | null = null;
  let isLeaking = false;
  let isHalted = false;
  let removed = 0;
  let serial = 0;

  const signUp = async (request: IncomingMessage, response: ServerResponse) => {
    const said = (await readJson(request)) as Omit<Profile, "id">;
    if (isHalted) return answer(response, 503, { code: "halted" }, { "retry-after": "60" });
    const email = said.email.toLowerCase();
    if (!email.includes("@")) return answer(response, 422, { code: "invalid" });
    if (members.has(email)) return answer(response, 409, { code: "taken" });
    const profile = { id: `M-${String(++serial).padStart(8, "0")}`, ...said };
    const session = randomUUID();
    members.set(email, profile);
    sessions.set(session, profile);
    if (isLeaking) first ??= profile;
    answer(response, 201, profile, { "set-cookie": `s=${session}; HttpOnly` });
  };
  const readOwn = (request: IncomingMessage, response: ServerResponse) => {
    const session = /s=([0-9a-f-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
    const profile = sessions.get(session);
    if (profile === undefined) return answer(response, 401, { code: "no-session" });
    answer(response, 200, (isLeaking ? first : null) ?? profile);
  };
  const remove = (path: string, response: ServerResponse) => {
    const isThere = members.delete(decodeURIComponent(path.slice("/people/".length)).toLowerCase());
    if (isThere) removed++;
    answer(response, isThere ? 200 : 404, {});
  };
  const halt = async (request: IncomingMessage, response: ServerResponse) => {
    halts.push({ authorization: request.headers.authorization, body: await readJson(request) });
    const status = statuses.shift() ?? 200;
    if (status === 200) isHalted = true;
    answer(response, status, {});
  };

  const server = createServer((request, response) => {
    const { method = "", url = "" } = request;
    if (method === "POST" && url === "/signups") void signUp(request, response);
    else if (method === "GET" && url === "/me") readOwn(request, response);
    else if (method === "DELETE") remove(url, response);
    else if (method === "POST" && url === "/halt") void halt(request, response);
    else answer(response, 404, {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leak(is) {
      isLeaking = is;
      first = null;
    },
    answerHalts(next) {
      statuses = [...next];
    },
    members: () => members.size,
    removed: () => removed,
    halts,
    isHalted: () => isHalted,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Its target file. */
export const leakyTarget = (url: string, more = CLEAN_UP) => `name: leaky
baseUrl: ${url}
memberId: { pattern: "^M-[0-9]{8}$" }
readBack: { visibleWithinSeconds: 1 }
steps:
  - role: sign-up
    path: /signups
    json: { email: "\${person.email}", name: "\${person.latinName}", birthDate: "\${person.birthDate}" }
    means: { acknowledged: 201, rejected: [409, 422], halted: [{ status: 503, json: { /code: halted } }] }
    memberId: json:/id
    session: cookie:s
    fields: { email: "json:/email", latinName: "json:/name", birthDate: "json:/birthDate" }
  - role: read-own
    name: me
    path: /me
    memberId: json:/id
    fields: { email: "json:/email", latinName: "json:/name", birthDate: "json:/birthDate" }
${more}`;

const CLEAN_UP = `  - { role: clean-up, name: remove, method: DELETE, path: "/people/\${person.email}" }
cleanUp: { step: remove }
`;

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers })
    .end(JSON.stringify(body));
}
