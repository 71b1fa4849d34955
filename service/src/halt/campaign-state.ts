/** Whether the campaign takes newcomers now, as one process knows it. */
export type CampaignState =
  | {
      readonly phase: "open";
      /** Share of newcomers let in: 0.01, 0.1 or 1. */
      readonly share: number;
      /** By the database's clock. */
      readonly reopenedAtMs: number | null;
    }
  | { readonly phase: "halted"; readonly sinceMs: number; readonly reason: string }
  /** Closed because nobody can say; heals by itself. */
  | { readonly phase: "unreadable"; readonly sinceMs: number };

/** Share of newcomers let in; a closed campaign has said so before anybody asks. */
export function shareOf(state: CampaignState): number {
  return state.phase === "open" ? state.share : 1;
}

/** Who may close the campaign: anything. The label of `crowdproof_halts_total`. */
export const HALTERS = ["guard", "auditor", "alert", "operator"] as const;
export type Halter = (typeof HALTERS)[number];

export interface HaltCause {
  readonly reason: string;
  /** When what it is about happened, by this process's wall clock. */
  readonly atMs: number;
  /** Default: guard. */
  readonly by?: Halter;
  /** A person's or a component's name, and the fingerprint of the credential they showed. */
  readonly actor?: string;
  readonly credential?: string;
}

export interface Halt {
  /** Now, from memory; never waits. */
  state(): CampaignState;
  /**
   * Closes this process at once, then every other (database row + NOTIFY). False, and nothing changes, where the cause is
   * older than the last reopening.
   */
  trip(cause: HaltCause): boolean;
  /** Told the state after each look and each change of this process's mind, for as long as it lives. */
  watch(watcher: (state: CampaignState) => void): void;
  /** Resolves once everything tripped so far is in the database (or was older than the reopening). */
  settled(): Promise<void>;
  close(): Promise<void>;
}
