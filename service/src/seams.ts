import { type AdmissionLimits, createAdmissionLimits } from "./admission/limits.ts";
import { type RenderCard, renderMemberCard } from "./card/member-card.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Database, TransactionScope } from "./db/database.ts";
import { createPool, type DatabaseOptions } from "./db/pool.ts";
import { createTransactionScope } from "./db/transaction.ts";
import type { MailTransport, RenderMail } from "./mail/mail.ts";
import { createMailRenderer } from "./mail/mail-renderer.ts";
import { createMailTransport } from "./mail/mail-transport.ts";
import { createBlockIssuer } from "./member/block-issuer.ts";
import type { Issuer } from "./member/issuer.ts";
import type { ProfileReader } from "./member/profile-reader.ts";
import { createSqlProfileReader } from "./member/sql-profile-reader.ts";
import type { MemberRepository } from "./registration/repository.ts";
import { createSqlRepository } from "./registration/sql-repository.ts";
import { createResponseWriter, type ResponseWriter } from "./response/response-writer.ts";
import { translateError } from "./response/translate-error.ts";
import type { SeamContext } from "./seam-context.ts";
import type { ServiceError } from "./service-error.ts";
import { type CheckSession, createSessionCheck } from "./session/session-check.ts";
import type { SessionStore } from "./session/session-store.ts";
import { type CreateSessionToken, createSessionTokens } from "./session/session-token.ts";
import { createSqlSessionStore } from "./session/sql-session-store.ts";

/**
 * The places where the service can be cut: each is one small interface with one maker.
 * `DEFAULT_SEAMS` is the product; a fault replaces or wraps one (`service/src/faults`), a test likewise.
 */
export interface Seams {
  readonly clock: Clock;
  /** Statements run once after the migrations, for instance to drop a constraint that would stop a fault. */
  readonly schema: readonly string[];
  readonly admissionLimits: (config: Config) => AdmissionLimits;
  readonly createDatabase: (options: DatabaseOptions) => Database;
  readonly createTransactionScope: (context: SeamContext) => TransactionScope;
  readonly createIssuer: (context: SeamContext) => Issuer;
  readonly createRepository: (context: SeamContext) => MemberRepository;
  readonly createSessionStore: (context: SeamContext) => SessionStore;
  readonly createSessionTokens: (key: Buffer) => CreateSessionToken;
  readonly createSessionCheck: (sessions: SessionStore, context: SeamContext) => CheckSession;
  readonly createProfileReader: (context: SeamContext) => ProfileReader;
  readonly renderCard: RenderCard;
  readonly createResponseWriter: (context: SeamContext) => ResponseWriter;
  readonly createMailRenderer: (context: SeamContext) => RenderMail;
  readonly createMailTransport: (context: SeamContext) => MailTransport;
  /** What a thrown thing means to the client; undefined is a bug (500). */
  readonly translateError: (error: unknown) => ServiceError | undefined;
}

export const DEFAULT_SEAMS: Seams = {
  clock: Date.now,
  schema: [],
  admissionLimits: createAdmissionLimits,
  createDatabase: createPool,
  createTransactionScope,
  createIssuer: createBlockIssuer,
  createRepository: createSqlRepository,
  createSessionStore: createSqlSessionStore,
  createSessionTokens,
  createSessionCheck,
  createProfileReader: createSqlProfileReader,
  renderCard: renderMemberCard,
  createResponseWriter,
  createMailRenderer,
  createMailTransport,
  translateError,
};
