import { type Request, Router } from "express";
import type { RenderCard } from "../card/member-card.ts";
import type { MemberNumbers } from "../member/member-number.ts";
import type { Profile } from "../member/profile.ts";
import type { ProfileReader } from "../member/profile-reader.ts";
import type { ResponseWriter } from "../response/response-writer.ts";
import { ServiceError } from "../service-error.ts";
import type { CheckSession } from "../session/session-check.ts";
import type { Session } from "../session/session-store.ts";
import { type ReadTurnParts, takeReadTurn } from "./take-read-turn.ts";

export interface MemberRouteParts extends ReadTurnParts {
  readonly numbers: MemberNumbers;
  readonly checkSession: CheckSession;
  readonly profiles: ProfileReader;
  readonly renderCard: RenderCard;
  readonly writer: ResponseWriter;
}

/** What a member reads of themselves. */
export function memberRoutes(parts: MemberRouteParts): Router {
  const { numbers, profiles, renderCard, writer } = parts;
  const readTurn = takeReadTurn(parts);
  return Router()
    .get("/me", readTurn, async (req, res) => {
      writer.write(res, { status: 200, body: { json: await readOwnProfile(parts, req) } });
    })
    .get("/members/:number/card", readTurn, async (req, res) => {
      const session = await requireSession(parts, req);
      const number = numbers.parse(req.params.number);
      // Somebody else's number and one that never existed get the same answer: a number is no key to anything.
      if (number === undefined || number !== session.number)
        throw new ServiceError("not-found", "There is no such card.");
      const profile = await readProfile(profiles, session, req);
      writer.write(res, { status: 200, body: { svg: await renderCard(profile) }, witness: profile });
    });
}

/** The profile of whoever sent this request's session. */
export async function readOwnProfile(
  parts: Pick<MemberRouteParts, "checkSession" | "profiles">,
  req: Request,
): Promise<Profile> {
  return readProfile(parts.profiles, await requireSession(parts, req), req);
}

async function requireSession(
  { checkSession }: Pick<MemberRouteParts, "checkSession">,
  req: Request,
): Promise<Session> {
  const session = await checkSession({ cookieHeader: req.headers.cookie, path: req.path });
  if (session === undefined)
    throw new ServiceError("no-session", "Please sign up first; there is no session.");
  return session;
}

async function readProfile(profiles: ProfileReader, session: Session, req: Request) {
  const profile = await profiles.read({ session, path: req.path });
  if (profile === undefined) throw new ServiceError("no-session", "The member of this session is gone.");
  return profile;
}
