import type { Session } from "../session/session-store.ts";
import type { Profile } from "./profile.ts";

/** A read of one's own profile: who asks, and by which path. */
export interface ProfileRequest {
  readonly session: Session;
  readonly path: string;
}

export interface ProfileReader {
  read(request: ProfileRequest): Promise<Profile | undefined>;
}
