import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { createTransport } from "nodemailer";

/** A signup that is confirmed by a link in a mail, sent over real SMTP. */
export interface MailedSignup {
  readonly url: string;
  readonly members: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

interface Applicant {
  email: string;
  name: string;
}

/** `isCrossed`: each mail is built with the name of whoever applied before. */
export async function startMailedSignup(smtpPort: number, { isCrossed = false } = {}): Promise<MailedSignup> {
  const transport = createTransport({ host: "127.0.0.1", port: smtpPort, pool: true, maxConnections: 4 });
  const applicants = new Map<string, Applicant>();
  const members = new Map<string, string>();
  let last: Applicant | undefined;

  async function apply(req: IncomingMessage, res: ServerResponse) {
    const applicant = JSON.parse(await textOf(req)) as Applicant;
    const token = randomUUID();
    applicants.set(token, applicant);
    const named = isCrossed ? (last ?? applicant) : applicant;
    last = applicant;
    await transport.sendMail({
      from: "signup@service.example",
      to: applicant.email,
      subject: "Please confirm your address",
      html: `<p>Dear ${named.name}, <a class="go" href="http://${req.headers.host}/confirm/${token}">confirm</a></p>`,
    });
    answer(res, 202, { detail: "look into your mailbox" });
  }

  function confirm(path: string, res: ServerResponse) {
    const applicant = applicants.get(path.slice("/confirm/".length));
    if (applicant === undefined) return answer(res, 404, {});
    const number = members.get(applicant.email) ?? `M-${members.size}`;
    members.set(applicant.email, number);
    answer(
      res,
      201,
      { number, ...applicant },
      { "set-cookie": `session=${encodeURIComponent(applicant.email)}; Path=/` },
    );
  }

  const server = createServer((req, res) => {
    const path = req.url ?? "";
    if (path === "/signups") void apply(req, res);
    else if (path.startsWith("/confirm/")) confirm(path, res);
    else {
      const email = decodeURIComponent(/session=([^;]*)/.exec(req.headers.cookie ?? "")?.[1] ?? "");
      const number = members.get(email);
      const applicant = [...applicants.values()].find((other) => other.email === email);
      if (number === undefined || applicant === undefined) answer(res, 401, {});
      else answer(res, 200, { number, ...applicant });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    members,
    async close() {
      transport.close();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Target and campaign files for it; gives the paths. */
export function writeMailedFiles(
  dir: string,
  url: string,
  smtpPort: number,
): { target: string; campaign: string } {
  const target = join(dir, "mailed.yaml");
  writeFileSync(
    target,
    `name: mailed signup
baseUrl: ${url}
sinks: { mail: { smtp: "127.0.0.1:${smtpPort}", withinSeconds: 10 } }
steps:
  - role: sign-up
    path: /signups
    json: { email: "\${person.email}", name: "\${person.latinName}" }
    means: { served: 202 }
  - role: verify
    name: confirmation mail
    mail: { withinSeconds: 10, matching: "^Subject: Please confirm" }
    captures: { link: "html:a.go@href" }
  - role: verify
    name: confirm
    path: \${captured.link}
    means: { acknowledged: 201 }
    memberId: json:/number
    session: cookie:session
    fields: { email: json:/email, latinName: json:/name }
  - role: read-own
    path: /me
    memberId: json:/number
    fields: { email: json:/email, latinName: json:/name }
notJudged: { responses-private: a test server, telemetry-clean: it has none, sessions-bound: a test server }
`,
  );
  const campaign = join(dir, "mailed-campaign.yaml");
  writeFileSync(
    campaign,
    `name: mailed
claim: wiring
arrivals: { pieces: [{ name: all, shape: constant, seconds: 1, perSecond: 20 }] }
behaviour: { double-tap: 0.2 }
thinkTimes: { betweenSteps: { kind: constant, seconds: 0.02 } }
drainSeconds: 3
readBackSeconds: 1
limits: { startErrorSecondsP99Max: 2 }
`,
  );
  return { target, campaign };
}

/** Below those that Linux gives by itself: no client's connection takes it between our look and our use. */
const PORTS = { from: 12_000, to: 32_000 };
const PORT_TRIES_MAX = 20;

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createSocketServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if (tries === PORT_TRIES_MAX || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of req.setEncoding("utf8")) text += chunk;
  return text;
}

function answer(
  res: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  res.end(JSON.stringify(body));
}
